//! The metrics file: when it is written, and what it holds.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use jiff::Timestamp;

use super::job_state::JobState;
use super::prometheus_text::PrometheusText;
use super::request_counts::RequestCounts;
use crate::cli::{Exit, Failure, Message, Output};
use crate::executor::Event;
use crate::job::Status;
use crate::ledger::View;
use crate::request::Operation;
use crate::support::{persist, temporary_next_to};

/// Time between two writes.
const WRITE_INTERVAL: Duration = Duration::from_secs(15);

/// What is written, and where.
#[derive(Debug)]
pub struct Metrics {
    file: PathBuf,
    ledger: PathBuf,
    /// Unknown until the ledger is open, where the run began with a report.
    manifest: OnceLock<String>,
    began_at: Timestamp,
    requests: RequestCounts,
    /// How many pauses there were, and how many seconds they were to last.
    pauses: Mutex<(u64, f64)>,
}

impl Metrics {
    /// Metrics of a run that begins now, for the file given.
    pub fn new(file: &Path, ledger: &Path) -> Self {
        Self {
            file: file.to_owned(),
            ledger: ledger.to_owned(),
            manifest: OnceLock::new(),
            began_at: Timestamp::now(),
            requests: RequestCounts::default(),
            pauses: Mutex::default(),
        }
    }

    /// Says whose rows are counted, once that is known.
    pub fn set_manifest(&self, name: &str) {
        self.manifest.get_or_init(|| name.to_owned());
    }

    /// Where the requests of the run are counted.
    pub fn requests(&self) -> RequestCounts {
        self.requests.clone()
    }

    /// Counts an event of the run.
    pub fn observe(&self, event: &Event) {
        if let Event::Paused { wait, .. } = event {
            let mut pauses = self.pauses.lock().expect("no holder panics");
            pauses.0 += 1;
            pauses.1 += wait.as_secs_f64();
        }
    }

    /// Writes the file every 15 seconds, until dropped. A write that fails is a warning and does not
    /// stop the run; the last one is tried in any case.
    pub async fn write_repeatedly(self: &Arc<Self>, output: &Output) {
        loop {
            tokio::time::sleep(WRITE_INTERVAL).await;
            let metrics = Arc::clone(self);
            // To count a large ledger takes a while, in which requests must go on.
            let written = tokio::task::spawn_blocking(move || metrics.write()).await;
            if let Ok(Err(failure)) = written {
                output.emit(&Message::warn("metrics", failure.text));
            }
        }
    }

    /// Writes the file, whole and at once.
    ///
    /// # Errors
    /// When the ledger can't be read or the file can't be written.
    pub fn write(&self) -> Result<(), Failure> {
        let view = View::of_own_run(&self.ledger)?;
        self.replace(&JobState::read(&view, self.manifest.get())?)
    }

    /// Writes the file for a run that has just begun: killed at any instant, it must not leave the
    /// last run's good end.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn write_begun(&self) -> Result<(), Failure> {
        self.write_run(None, None)
    }

    /// Writes the file for a run that ends with a failure.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn write_failed(&self, exit: Exit) -> Result<(), Failure> {
        self.write_run(Some(Timestamp::now()), Some(exit.code()))
    }

    /// Writes the file for this run, whatever there is in the ledger: it may be anybody's, and this run
    /// may have left nothing in it. What can't be read is not known.
    fn write_run(&self, ended_at: Option<Timestamp>, exit_code: Option<u8>) -> Result<(), Failure> {
        let manifest = self.manifest.get();
        let state = View::open(&self.ledger).and_then(|view| JobState::read(&view, manifest));
        self.replace(&JobState {
            began_at: Some(self.began_at),
            ended_at,
            exit_code,
            ..state.unwrap_or_else(|_| JobState::unknown(manifest))
        })
    }

    fn replace(&self, state: &JobState) -> Result<(), Failure> {
        let mut file = temporary_next_to(&self.file)?;
        file.as_file_mut().write_all(self.text(state).as_bytes())?;
        // Nothing personal is in it, and a collector of another user must read it.
        let everyone = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        file.as_file().set_permissions(everyone)?;
        Ok(persist(file, &self.file)?)
    }

    fn text(&self, state: &JobState) -> String {
        let totals = &state.totals;
        let of_job = ("manifest", state.manifest.as_str());
        let mut text = PrometheusText::default();
        let help = "Rows of the manifest by status.";
        let rows = |status: Status| {
            let labels = [of_job, ("status", status.as_str())];
            (labels, state.counts.of(status))
        };
        text.metric("rows", "gauge", help, Status::ALL.map(rows));
        let help = "Failed rows of the manifest that are excluded.";
        let excluded = [([of_job], state.counts.excluded)];
        text.metric("excluded_rows", "gauge", help, excluded);
        let help = "Attempts of the ledger, over all runs, by how they ended.";
        let attempts = totals.attempts.iter();
        let attempts = attempts.map(|(class, count)| ([("class", class.as_str())], count));
        text.metric("attempts_total", "counter", help, attempts);
        let help = "Seconds from an attempt's end until its row was settled, over all runs.";
        text.header("settle_seconds", "summary", help);
        for (status, count, seconds) in &totals.settlements {
            text.sample("settle_seconds_sum", &[("status", status)], seconds);
            text.sample("settle_seconds_count", &[("status", status)], count);
        }
        let help = "Requests of the last run, by what was asked.";
        let requests = |operation| {
            (
                [("operation", name(operation))],
                self.requests.of(operation),
            )
        };
        text.metric("run_requests", "gauge", help, Operation::ALL.map(requests));
        let (pauses, seconds) = *self.pauses.lock().expect("no holder panics");
        text.single("run_pauses", "Pauses of the last run.", pauses);
        let help = "Planned length of the last run's pauses, in seconds.";
        text.single("run_pause_seconds", help, seconds);
        let times = [
            (
                "run_start_timestamp_seconds",
                "the last run started",
                state.began_at,
            ),
            (
                "run_end_timestamp_seconds",
                "it ended, 0 while it works",
                state.ended_at,
            ),
            (
                "last_success_timestamp_seconds",
                "a run last ended with 0",
                totals.last_success,
            ),
        ];
        for (name, what, time) in times {
            let help = format!("When {what}, in seconds since 1970.");
            text.single(name, &help, time.map_or(0, Timestamp::as_second));
        }
        if let Some(code) = state.exit_code {
            text.single("run_exit_code", "The exit code of the last run.", code);
        }
        text.finish()
    }
}

fn name(operation: Operation) -> &'static str {
    match operation {
        Operation::Token => "token",
        Operation::Copy => "copy",
        Operation::LookUp => "look_up",
        Operation::Read => "read",
    }
}
