//! How a run ends: the report, the counts, the next command.

use std::path::Path;

use jiff::Timestamp;

use crate::cli::commands::pipeline::execute::Work;
use crate::cli::commands::pipeline::rescue::{Known, put_back};
use crate::cli::commands::shared::html_page;
use crate::cli::commands::shared::report_file::ReportFile;
use crate::cli::endpoint::Endpoint;
use crate::cli::exit::{Exit, Failure};
use crate::cli::next_command::{Next, text, trouble_of};
use crate::cli::output::{Bar, Level, Message};
use crate::executor::{RunEnd, Stop};
use crate::job::{RowCounts, SessionId, Status, StopKind};
use crate::ledger::{Ledger, RunEnded, Unrecorded};
use crate::support::{command_line, one_line};

impl Work<'_> {
    /// Ends the run: in the ledger, in the report and the metrics, and in words. What can't be
    /// written keeps the rest from nothing. `late` is what could not be recorded when it happened.
    pub fn finish(
        &self,
        ledger: Ledger,
        late: &[Unrecorded],
        run: i64,
        end: &RunEnd,
        bar: Option<Bar>,
    ) -> Result<Exit, Failure> {
        let place = &self.paths.ledger;
        let endpoint = self.settings.endpoint.identity();
        let mut known = Known::of(ledger, late, place, endpoint, self.output)?;
        let counts = known.view.counts_of(&self.manifest_name)?;
        let exit = match known.rescued {
            None => Exit::of_run(end, &counts),
            Some(_) => Exit::Internal,
        };
        if let Some(stop) = &end.stop {
            let text = format!("stopped: {}", one_line(&stop.to_string(), 500));
            self.output.emit(&Message::warn("stopped", text));
        }
        self.tell_unrecorded(&known.unrecorded);
        let mut unwritten = self.write(&mut known, run, end, exit);
        // After the report, which is noted in it.
        let rescued = match known.close(place, self.output) {
            Ok(rescued) => rescued,
            Err(failure) => {
                // What is recorded lies in its log as safely. Where nothing can be written, that is
                // said already.
                if unwritten.is_empty() && !stopped_by_ledger(end) {
                    unwritten.push(failure.text);
                }
                None
            }
        };
        let is_whole = unwritten.is_empty() && rescued.is_none();
        let exit = if is_whole { exit } else { Exit::Internal };
        // The bar goes last: a terminal that takes no more holds up nothing but these words.
        drop(bar);
        for text in &unwritten {
            let text = format!("error: {text}");
            self.output.emit(&Message::error("unwritten", text));
        }
        let is_written = unwritten.is_empty() && !end.is_urgent;
        let trouble = trouble_of(end);
        self.tell_end(&counts, exit, trouble, is_written, rescued.as_deref());
        Ok(exit)
    }

    /// Records and writes how the run ended. Returns what could not be written, in words.
    fn write(&self, known: &mut Known, run: i64, end: &RunEnd, exit: Exit) -> Vec<String> {
        let stop = end.stop.as_ref().map(ToString::to_string);
        let ended = RunEnded {
            exit_code: exit.code(),
            stop: stop.as_deref(),
            trouble: trouble_of(end),
        };
        let recorded = known.ledger.end_run(run, &ended, Timestamp::now());
        let recorded = recorded.and_then(|()| known.view.refresh());
        let mut unwritten = Vec::new();
        // Said already where the ledger is what stopped the run.
        if let Err(error) = recorded
            && !stopped_by_ledger(end)
        {
            unwritten.push(error.to_string());
        }
        if !end.is_urgent
            && let Err(failure) = self.write_report(known)
        {
            unwritten.push(failure.text);
        }
        if let Some(metrics) = &self.metrics
            && let Err(failure) = metrics.write()
        {
            let text = format!("the metrics could not be written: {}", failure.text);
            unwritten.push(text);
        }
        unwritten
    }

    /// Copies that only this process knows of, for a person to record.
    fn tell_unrecorded(&self, copies: &[(String, SessionId)]) {
        for (row_id, session) in copies {
            let session = session.to_string();
            let ledger = text(&self.paths.ledger);
            let resolve = [
                "esign-copy",
                "resolve",
                &ledger,
                row_id,
                "--copied",
                &session,
            ];
            let text = format!(
                "row '{row_id}' was copied as {session}, but the ledger could not record it. Once it \
                 can be written again: {}",
                command_line(resolve)
            );
            let message = Message::error("unrecorded", text).with("row_id", row_id.as_str());
            self.output.emit(&message.with("new_session_id", session));
        }
    }

    fn write_report(&self, known: &mut Known) -> Result<(), Failure> {
        let Known { ledger, view, .. } = known;
        let report = ReportFile {
            path: &self.paths.report,
            dialect: self.dialect,
            // A rehearsal's report is not asked for what was corrected in it.
            keeps_edits: self.settings.endpoint != Endpoint::Sandbox,
        };
        let written = report
            .write(ledger, view, &self.manifest_name)
            .map(|edited| self.tell_edited(edited.as_deref()));
        // Each is tried: one that can't be written takes the other not with it.
        let page = self.html.map_or(Ok(()), |page| {
            html_page::write_page(view, &self.manifest_name, page)
        });
        let render = format!("`esign-copy report {}`", self.paths.ledger.display());
        let rendered = match known.unrecorded.is_empty() {
            true => {
                format!("Nothing is lost: the ledger has every outcome, and {render} renders it")
            }
            false => format!("Once the outcomes above are recorded, {render} renders it"),
        };
        written.and(page).map_err(|failure| {
            Failure::new(
                Exit::Internal,
                format!(
                    "the report could not be written: {}. {rendered}",
                    failure.text
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
        self.output.emit(&message);
    }

    /// The last lines: counts, the report's path, the exact next command.
    fn tell_end(
        &self,
        counts: &RowCounts,
        exit: Exit,
        trouble: Option<StopKind>,
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
            self.output.emit(&Message::new(level, "advice", advice));
        }
        let mut message = Message::new(level, "ended", counts.to_string());
        if let Some(page) = self.html.filter(|_| is_written) {
            let text = format!("page: {}", page.display());
            self.output.emit(&Message::new(level, "page", text));
            message = message.with("html", page.to_string_lossy());
        }
        message = message
            .line(&format!("{what}: {}", path.display()))
            .line(&format!("next: {next}"));
        for status in Status::ALL {
            message = message.with(status.as_str(), counts.of(status));
        }
        self.output.emit(
            &message
                .with(what, path.to_string_lossy())
                .with("next", next)
                .with("exit_code", exit.code()),
        );
    }
}

fn stopped_by_ledger(end: &RunEnd) -> bool {
    matches!(end.stop, Some(Stop::Journal(_)))
}
