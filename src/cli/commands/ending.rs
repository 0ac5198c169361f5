//! How a run ends: the report, the counts, the next command.

use std::path::Path;

use jiff::Timestamp;

use super::html;
use super::report_file::ReportFile;
use super::rescue::{Known, put_back};
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
        ledger: Ledger,
        run: i64,
        end: &RunEnd,
        bar: Option<Bar>,
    ) -> Result<Exit, Failure> {
        let place = &self.paths.ledger;
        let endpoint = self.settings.endpoint.identity();
        let mut known = Known::of(ledger, place, endpoint, self.output)?;
        let counts = self.counts(&known.view)?;
        let exit = match known.rescued {
            None => Exit::of_run(end, &counts),
            Some(_) => Exit::Internal,
        };
        let stop = end.stop.as_ref().map(ToString::to_string);
        let trouble = trouble_of(end);
        let ended = RunEnded {
            exit_code: exit.code(),
            stop: stop.as_deref(),
            trouble,
        };
        known.ledger.end_run(run, &ended, Timestamp::now())?;
        known.view.refresh()?;
        if let Some(stop) = &stop {
            self.output.tell(&Message::warn(
                "stopped",
                format!("stopped: {}", one_line(stop, 500)),
            ));
        }
        let written = if end.is_urgent {
            Ok(())
        } else {
            self.write_report(&mut known)
        };
        let metrics = self
            .metrics
            .as_deref()
            .map_or(Ok(()), Metrics::write)
            .map_err(|failure| {
                let text = format!("the metrics could not be written: {}", failure.text);
                Failure::new(Exit::Internal, text)
            });
        // After the report, which is noted in it.
        let rescued = known.close(place, self.output)?;
        let exit = match rescued {
            None => exit,
            Some(_) => Exit::Internal,
        };
        // The bar goes last: a terminal that takes no more holds up nothing but these words.
        drop(bar);
        let is_written = written.is_ok() && !end.is_urgent;
        self.tell_end(&counts, exit, trouble, is_written, rescued.as_deref());
        written.and(metrics).map(|()| exit)
    }

    fn counts(&self, view: &View) -> Result<Counts, Failure> {
        let manifest = view.manifest(&self.manifest_name)?;
        let counts = manifest.map(|manifest| view.counts(&manifest));
        Ok(counts.transpose()?.unwrap_or_default())
    }

    fn write_report(&self, known: &mut Known) -> Result<(), Failure> {
        let Known { ledger, view, .. } = known;
        let report = ReportFile {
            path: &self.paths.report,
            // A rehearsal's report is not asked for what was corrected in it.
            keeps_edits: self.settings.endpoint != Endpoint::Sandbox,
        };
        let written = report
            .write(ledger, view, &self.manifest_name)
            .map(|edited| self.tell_edited(edited.as_deref()));
        // Each is tried: one that can't be written takes the other not with it.
        let page = self.html.map_or(Ok(()), |page| {
            html::write_page(view, &self.manifest_name, page)
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
    fn tell_end(
        &self,
        counts: &Counts,
        exit: Exit,
        trouble: Option<Trouble>,
        is_written: bool,
        rescued: Option<&Path>,
    ) {
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
        let next = match rescued {
            None => next.after(counts, trouble),
            Some(rescued) => put_back(rescued, &self.paths.ledger),
        };
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
