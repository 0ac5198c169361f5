//! How a run ends: the report, the counts, the next command.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::html;
use super::report_file::ReportFile;
use super::work::Work;
use crate::cli::endpoint::Endpoint;
use crate::cli::exit::{Exit, Failure};
use crate::cli::metrics::Metrics;
use crate::cli::next_command::{Next, trouble_of};
use crate::cli::output::{Bar, Level, Message};
use crate::executor::RunEnd;
use crate::job::{Status, Trouble};
use crate::ledger::{Counts, Ledger, RunEnded, View};
use crate::report::counts_line;
use crate::support::one_line;

impl Work<'_> {
    /// Ends the run: in the ledger, in the report and the metrics, and in words.
    pub fn finish(
        &self,
        mut ledger: Ledger,
        run: i64,
        end: &RunEnd,
        bar: Option<Bar>,
    ) -> Result<Exit, Failure> {
        let known = self.known(&ledger)?;
        let counts = self.counts(&known)?;
        let exit = Exit::of_run(end, &counts);
        let stop = end.stop.as_ref().map(ToString::to_string);
        let trouble = trouble_of(end);
        let ended = RunEnded {
            exit_code: exit.code(),
            stop: stop.as_deref(),
            trouble,
        };
        ledger.end_run(run, &ended, Timestamp::now())?;
        if let Some(stop) = &stop {
            self.output.tell(&Message::warn(
                "stopped",
                format!("stopped: {}", one_line(stop, 500)),
            ));
        }
        let written = if end.is_urgent {
            Ok(())
        } else {
            self.write_report(&mut ledger, &known)
        };
        let metrics = self
            .metrics
            .as_deref()
            .map_or(Ok(()), Metrics::write)
            .map_err(|failure| {
                let text = format!("the metrics could not be written: {}", failure.text);
                Failure::new(Exit::Internal, text)
            });
        // After the report, so that the ledger is one file again when nobody else reads it.
        if known == self.paths.ledger {
            ledger.close()?;
        }
        // The bar goes last: a terminal that takes no more holds up nothing but these words.
        drop(bar);
        let is_written = written.is_ok() && !end.is_urgent;
        self.tell_end(&counts, exit, trouble, is_written);
        written.and(metrics).map(|()| exit)
    }

    /// Where what this run knows can be read: in its ledger, or in a copy of what was its ledger until
    /// somebody took it away.
    fn known(&self, ledger: &Ledger) -> Result<PathBuf, Failure> {
        if ledger.is_in_place() {
            return Ok(self.paths.ledger.clone());
        }
        let path = self.paths.ledger.display();
        let gone =
            format!("{path} or its -wal was deleted, emptied or replaced while the run worked");
        let rescued = ledger.rescue(Timestamp::now()).map_err(|error| {
            let text = format!(
                "{gone}, and what the run knew could not be kept ({error}). Rows may have been \
                 copied: put the file back from where it went before anything else"
            );
            Failure::new(Exit::Internal, text)
        })?;
        let text = format!(
            "{gone}. What the run knew is kept as {}: put the file back, or give this one its name, \
             before the next run",
            rescued.display()
        );
        let message = Message::error("ledger_rescued", text);
        let message = message.with("rescued", rescued.to_string_lossy());
        self.output.tell(&message);
        Ok(rescued)
    }

    fn counts(&self, known: &Path) -> Result<Counts, Failure> {
        let view = View::open(known)?;
        let manifest = view.manifest(&self.manifest_name)?;
        let counts = manifest.map(|manifest| view.counts(&manifest));
        Ok(counts.transpose()?.unwrap_or_default())
    }

    fn write_report(&self, ledger: &mut Ledger, known: &Path) -> Result<(), Failure> {
        let view = View::open(known)?;
        let report = ReportFile {
            path: &self.paths.report,
            // A rehearsal's report is not asked for what was corrected in it.
            keeps_edits: self.settings.endpoint != Endpoint::Sandbox,
        };
        let written = report
            .write(ledger, &view, &self.manifest_name)
            .map(|edited| self.tell_edited(edited.as_deref()));
        // Each is tried: one that can't be written takes the other not with it.
        let page = self.html.map_or(Ok(()), |page| {
            html::write_page(&view, &self.manifest_name, page)
        });
        written.and(page).map_err(|failure| {
            Failure::new(
                Exit::Internal,
                format!(
                    "the report could not be written: {}. Nothing is lost: the ledger has every \
                     outcome, and `esign-copy report {}` renders it",
                    failure.text,
                    self.paths.ledger.display()
                ),
            )
        })
    }

    fn tell_edited(&self, edited: Option<&Path>) {
        let Some(edited) = edited else { return };
        let report = self.paths.report.display();
        let text = format!(
            "{report} was not as this ledger wrote it: edited, or another ledger's. It is kept as \
             {}. What was corrected in it has not been sent: `retry` that file with --ledger {} --report {report}",
            edited.display(),
            self.paths.ledger.display()
        );
        let message = Message::warn("report_edited", text);
        let message = message.with("edited", edited.to_string_lossy());
        self.output.tell(&message);
    }

    /// The last lines: counts, the report's path, the exact next command.
    fn tell_end(&self, counts: &Counts, exit: Exit, trouble: Option<Trouble>, is_written: bool) {
        let next = Next {
            typed: &self.context.arguments,
            has_token: self.context.has_token(),
            endpoint: &self.settings.endpoint,
            username: self.settings.run.link.username.as_deref(),
            paths: self.paths,
            html: self.html,
            manifest: self.manifest,
        };
        let advice = next.advice(counts, trouble);
        let next = next.after(counts, trouble);
        let (what, path) = match is_written {
            true => ("report", &self.paths.report),
            false => ("ledger", &self.paths.ledger),
        };
        let level = match exit {
            Exit::Done => Level::Info,
            _ => Level::Warn,
        };
        // Before the last three lines, which are always the same ones.
        for advice in advice {
            self.output.tell(&Message::new(level, "advice", advice));
        }
        let mut message = Message::new(level, "ended", counts_line(|status| counts.of(status)));
        if let Some(page) = self.html.filter(|_| is_written) {
            let text = format!("page: {}", page.display());
            self.output.tell(&Message::new(level, "page", text));
            message = message.with("html", page.to_string_lossy());
        }
        message = message
            .line(&format!("{what}: {}", path.display()))
            .line(&format!("next: {next}"));
        for status in Status::ALL {
            message = message.with(status.as_str(), counts.of(status));
        }
        self.output.tell(
            &message
                .with(what, path.to_string_lossy())
                .with("next", next)
                .with("exit_code", exit.code()),
        );
    }
}
