//! How a run ends: the report, the counts, the next command.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::displaced_ledger::{RunRecord, restore_command};
use super::pipeline_context::PipelineContext;
use super::reasons::EndReasons;
use super::run_report::{RunReport, edited_report};
use super::stale_pages::{pages_of, stale_page};
use crate::cli::commands::shared::{PageContext, list_run, write_page};
use crate::cli::exit::{stop_kind_of, stopped};
use crate::cli::next_command::{NextCommand, path_argument};
use crate::cli::output::Bar;
use crate::cli::settings::TypedCommand;
use crate::cli::{Endpoint, Exit, Failure, Message};
use crate::executor::{AttemptEnd, RunEnd, Stop};
use crate::job::{CsvDialect, RowCounts, SessionId, Status};
use crate::ledger::{Ledger, RunEnded, View};

/// A run whose requests are over.
pub struct FinishedRun<'a> {
    /// The run as it was begun.
    pub context: &'a PipelineContext<'a>,
    /// The manifest whose report is written.
    pub manifest_name: &'a str,
    /// Where that manifest is.
    pub manifest: &'a Path,
    /// How the report is written, if not as that manifest was.
    pub dialect: Option<CsvDialect>,
    /// The run's number in the ledger.
    pub run: i64,
    /// Whether there was anything to send or to look up.
    pub has_work: bool,
    /// How it ended.
    pub end: &'a RunEnd,
}

/// What the last lines of a run are made of.
struct LastLines<'a> {
    counts: &'a RowCounts,
    reasons: &'a EndReasons,
    /// Whether the report is.
    is_written: bool,
    /// Where the ledger is that was found missing at the end.
    rescued: Option<&'a Path>,
    /// The last `run` of the list.
    list_run: Option<&'a TypedCommand>,
}

impl FinishedRun<'_> {
    /// Ends the run: in the ledger, in the report and the metrics, and in words. What can't be
    /// written keeps the rest from nothing. `late` is what could not be recorded when it happened.
    pub fn finalize(
        &self,
        ledger: Ledger,
        late: &[AttemptEnd],
        bar: Option<Bar>,
    ) -> Result<Exit, Failure> {
        let (end, place) = (self.end, &self.context.files.paths.ledger);
        let (output, endpoint) = (self.context.command.output, &self.context.files.endpoint);
        let mut record = RunRecord::open(ledger, late, place, endpoint.identity(), output)?;
        let counts = record.view.counts_of(self.manifest_name)?;
        let exit = match record.rescued {
            None => Exit::of_run(end, &counts),
            Some(_) => Exit::Internal,
        };
        if let Some(stop) = &end.stop {
            output.emit(&Message::warn("stopped", stopped(stop)));
        }
        self.report_unrecorded(&record.unrecorded);
        let mut unwritten = self.write(&mut record, exit);
        let reasons = EndReasons::of(&record.view, self.manifest_name, &counts);
        let reasons = reasons.unwrap_or_else(|failure| {
            unwritten.push(failure.text);
            EndReasons::default()
        });
        let list_run = list_run(&record.view, Some(self.manifest_name))
            .ok()
            .flatten();
        let stale = self.stale_pages(&record.view);
        // After the report, which is noted in it.
        let rescued = record.close(place, output).unwrap_or_else(|failure| {
            // What is recorded lies in its log as safely. Where nothing can be written, that is
            // said already.
            if unwritten.is_empty() && !self.is_stopped_by_ledger() {
                unwritten.push(failure.text);
            }
            None
        });
        let is_whole = unwritten.is_empty() && rescued.is_none();
        let exit = if is_whole { exit } else { Exit::Internal };
        // The bar goes last: a terminal that takes no more holds up nothing but these words.
        drop(bar);
        for text in &unwritten {
            output.emit(&Message::error("unwritten", format!("error: {text}")));
        }
        let is_written = unwritten.is_empty() && !end.is_urgent;
        self.report_stale(&stale);
        let last_lines = LastLines {
            counts: &counts,
            reasons: &reasons,
            is_written,
            rescued: rescued.as_deref(),
            list_run: list_run.as_ref(),
        };
        self.report_end(&last_lines, exit);
        Ok(exit)
    }

    /// Records and writes how the run ended. Returns what could not be written, in words.
    fn write(&self, record: &mut RunRecord, exit: Exit) -> Vec<String> {
        let end = self.end;
        let stop = end.stop.as_ref().map(ToString::to_string);
        let ended = RunEnded {
            exit_code: exit.code(),
            stop: stop.as_deref(),
            trouble: stop_kind_of(end),
        };
        let recorded = record.ledger.end_run(self.run, &ended, Timestamp::now());
        let recorded = recorded.and_then(|()| record.view.refresh());
        let mut unwritten = Vec::new();
        // Said already where the ledger is what stopped the run.
        if let Err(error) = recorded
            && !self.is_stopped_by_ledger()
        {
            unwritten.push(error.to_string());
        }
        if !end.is_urgent
            && let Err(failure) = self.write_report(record)
        {
            unwritten.push(failure.text);
        }
        if let Some(metrics) = &self.context.metrics
            && let Err(failure) = metrics.write()
        {
            let text = format!("the metrics could not be written: {}", failure.text);
            unwritten.push(text);
        }
        unwritten
    }

    /// Copies that only this process knows of, for a person to record.
    fn report_unrecorded(&self, copies: &[(String, SessionId)]) {
        for (row_id, session) in copies {
            let session = session.to_string();
            let ledger = path_argument(&self.context.files.paths.ledger);
            let resolve = ["resolve", &ledger, row_id, "--copied", &session].map(str::to_owned);
            let text = format!(
                "row '{row_id}' was copied as {session}, but the ledger could not record it. Once it \
                 can be written again: {}",
                self.context.command.environment.command_line(resolve)
            );
            let message = Message::error("unrecorded", text).with("row_id", row_id.as_str());
            let message = message.with("new_session_id", session);
            self.context.command.output.emit(&message);
        }
    }

    fn write_report(&self, record: &mut RunRecord) -> Result<(), Failure> {
        let RunRecord { ledger, view, .. } = record;
        let files = self.context.files;
        let report = RunReport {
            output: self.context.command.output,
            path: &files.paths.report,
            dialect: self.dialect,
            // A rehearsal's report is not asked for what was corrected in it.
            keeps_edits: files.endpoint != Endpoint::Sandbox,
        };
        let written = report.write(ledger, view, self.manifest_name);
        let written = written.map(|edited| self.report_edited(edited.as_deref()));
        // Each is tried: one that can't be written takes the other not with it.
        let page = files.named.html.as_ref();
        let page = page.map_or(Ok(()), |page| {
            let context = PageContext {
                ledger: &files.paths.ledger,
                manifest: self.manifest,
                environment: self.context.command.environment,
            };
            write_page(view, self.manifest_name, context, page)
        });
        let render = format!("`esign-copy report {}`", files.paths.ledger.display());
        let first = match record.unrecorded.is_empty() {
            true => "Nothing is lost: the ledger has every outcome, and",
            false => "Once the outcomes above are recorded,",
        };
        written.and(page).map_err(|failure| {
            Failure::internal(format!(
                "the report could not be written: {}. {first} {render} renders it",
                failure.text
            ))
        })
    }

    fn report_edited(&self, edited: Option<&Path>) {
        let Some(edited) = edited else { return };
        let paths = &self.context.files.paths;
        let message = edited_report(&paths.report, &paths.ledger, edited);
        self.context.command.output.emit(&message);
    }

    /// The pages of this list that an earlier run or command has written, unless this run wrote one.
    fn stale_pages(&self, view: &View) -> Vec<PathBuf> {
        let files = self.context.files;
        if files.named.html.is_some() || !self.has_work {
            return Vec::new();
        }
        // Nobody misses a word on a page where the ledger can't be read: that is said elsewhere.
        pages_of(view, self.manifest_name, &files.paths.report).unwrap_or_default()
    }

    fn report_stale(&self, pages: &[PathBuf]) {
        let (command, files) = (self.context.command, self.context.files);
        for page in pages {
            let (ledger, endpoint) = (&files.paths.ledger, &files.endpoint);
            let message = stale_page(page, ledger, endpoint, command.environment, "this run");
            command.output.emit(&message);
        }
    }

    /// The last lines: why rows failed, counts, the report's path, the exact next command.
    fn report_end(&self, last: &LastLines<'_>, exit: Exit) {
        let LastLines {
            counts,
            reasons,
            is_written,
            rescued,
            list_run,
        } = *last;
        let (command, files) = (self.context.command, self.context.files);
        let (html, arguments) = (files.named.html.as_deref(), &command.environment.arguments);
        let typed = TypedCommand::parse(arguments)
            .unwrap_or_else(|| TypedCommand::new("run", path_argument(self.manifest)));
        let next = NextCommand {
            environment: command.environment,
            typed: &typed,
            endpoint: &files.endpoint,
            username: self.context.settings.username(),
            paths: &files.paths,
            html,
            manifest: self.manifest,
            list_run,
        };
        let stop = stop_kind_of(self.end);
        let mut advice = next.advice(counts, stop);
        advice.extend(reasons.advice(self.context));
        let next = match rescued {
            None => next.after(counts, stop),
            Some(rescued) => restore_command(rescued, &files.paths.ledger),
        };
        let (what, path) = match is_written {
            true => ("report", &files.paths.report),
            false => ("ledger", &files.paths.ledger),
        };
        let level = exit.level();
        // Before the last lines, which are always the same ones.
        for advice in advice {
            command.output.emit(&Message::new(level, "advice", advice));
        }
        let page = html.filter(|_| is_written);
        if let Some(page) = page {
            let text = format!("page: {}", page.display());
            command.output.emit(&Message::new(level, "page", text));
        }
        for line in reasons.lines() {
            command.output.emit(&Message::new(level, "reason", line));
        }
        let mut message = reasons
            .add_to(Message::new(level, "ended", counts.to_string()))
            .line(&format!("{what}: {}", path.display()))
            .line(&format!("next: {next}"));
        for status in Status::ALL {
            message = message.with(status.as_str(), counts.of(status));
        }
        if counts.excluded > 0 {
            message = message.with("excluded", counts.excluded);
        }
        if let Some(page) = page {
            message = message.with("html", page.to_string_lossy());
        }
        let message = message.with(what, path.to_string_lossy());
        let message = message.with("next", next).with("exit_code", exit.code());
        command.output.emit(&message);
    }

    fn is_stopped_by_ledger(&self) -> bool {
        matches!(self.end.stop, Some(Stop::Journal(_)))
    }
}
