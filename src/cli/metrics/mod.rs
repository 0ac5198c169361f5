//! Metrics of a job, for Prometheus' node exporter: a text file, replaced whole every 15 seconds
//! and at the end of a run. Counts over rows and attempts come from the ledger, so that they go
//! on over runs; requests and pauses are those of the run. A run that is refused writes them too,
//! so that an alert on its exit code sees it.

mod job_state;
mod prometheus_text;
mod request_counts;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use jiff::Timestamp;

use super::exit::{Exit, Failure};
use super::output::{Message, Output};
use crate::executor::Event;
use crate::job::Status;
use crate::request::Operation;
use crate::support::{persist, temporary_next_to};
use job_state::JobState;
pub use prometheus_text::METRICS_START;
use prometheus_text::PrometheusText;
pub use request_counts::{CountingTransport, RequestCounts};

/// Time between two writes.
const EVERY: Duration = Duration::from_secs(15);

/// What is written, and where.
#[derive(Debug)]
pub struct Metrics {
    file: PathBuf,
    ledger: PathBuf,
    /// A report tells its manifest only once its ledger is open.
    manifest: OnceLock<String>,
    began_at: Timestamp,
    requests: RequestCounts,
    pauses: Mutex<Pauses>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Pauses {
    count: u64,
    seconds: f64,
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
    pub fn of_manifest(&self, name: &str) {
        self.manifest.get_or_init(|| name.to_owned());
    }

    /// Where the requests of the run are counted.
    pub fn requests(&self) -> RequestCounts {
        self.requests.clone()
    }

    /// Notes what the run tells.
    pub fn take(&self, event: &Event) {
        if let Event::Paused { wait, .. } = event {
            let mut pauses = self.pauses.lock().expect("no holder panics");
            pauses.count += 1;
            pauses.seconds += wait.as_secs_f64();
        }
    }

    /// Writes the file every 15 seconds, until dropped. A write that fails is told and does not
    /// stop the run; the last one is tried in any case.
    pub async fn write_repeatedly(self: &Arc<Self>, output: &Output) {
        loop {
            tokio::time::sleep(EVERY).await;
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
        let state = JobState::of_own_run(&self.ledger, self.manifest.get())?;
        self.replace(&self.text(&state))
    }

    /// Writes the file for a run that has just begun, whatever stands in its ledger: killed at any
    /// instant, it must not leave the last run's good end.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn write_begun(&self) -> Result<(), Failure> {
        let state = JobState::of_any(&self.ledger, self.manifest.get());
        let state = state.of_begun_run(self.began_at);
        self.replace(&self.text(&state))
    }

    /// Writes the file for a run that ends with a failure, whatever stands in its ledger.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn write_failed(&self, exit: Exit) -> Result<(), Failure> {
        let state = JobState::of_any(&self.ledger, self.manifest.get());
        let state = state.of_failed_run(self.began_at, Timestamp::now(), exit.code());
        self.replace(&self.text(&state))
    }

    fn replace(&self, text: &str) -> Result<(), Failure> {
        let mut file = temporary_next_to(&self.file)?;
        file.as_file_mut().write_all(text.as_bytes())?;
        // Nothing personal stands in it, and a collector of another user must read it.
        let everyone = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        file.as_file().set_permissions(everyone)?;
        Ok(persist(file, &self.file)?)
    }

    fn text(&self, state: &JobState) -> String {
        let (counts, totals) = (&state.counts, &state.totals);
        let of_job = ("manifest", state.manifest.as_str());
        let mut text = PrometheusText::default();
        text.metric("rows", "gauge", "Rows of the manifest by status.");
        for status in Status::ALL {
            let labels = [of_job, ("status", status.as_str())];
            text.value("rows", &labels, counts.of(status));
        }
        let help = "Attempts of the ledger, over all runs, by how they ended.";
        text.metric("attempts_total", "counter", help);
        for (class, count) in &totals.attempts {
            text.value("attempts_total", &[("class", class)], count);
        }
        let help = "Seconds from an attempt's end until its row was settled, over all runs.";
        text.metric("settle_seconds", "summary", help);
        for (status, count, seconds) in &totals.settlements {
            text.value("settle_seconds_sum", &[("status", status)], seconds);
            text.value("settle_seconds_count", &[("status", status)], count);
        }
        let help = "Requests of the last run, by what was asked.";
        text.metric("run_requests", "gauge", help);
        for operation in Operation::ALL {
            let count = self.requests.of(operation);
            text.value("run_requests", &[("operation", name(operation))], count);
        }
        let pauses = *self.pauses.lock().expect("no holder panics");
        text.metric("run_pauses", "gauge", "Pauses of the last run.");
        text.value("run_pauses", &[], pauses.count);
        let help = "Seconds that the pauses of the last run were to last.";
        text.metric("run_pause_seconds", "gauge", help);
        text.value("run_pause_seconds", &[], pauses.seconds);
        let times = [
            ("run_start", state.began_at),
            ("run_end", state.ended_at),
            ("last_success", totals.last_success),
        ];
        for (name, time) in times {
            let name = format!("{name}_timestamp_seconds");
            let help = "When it was, in seconds since 1970; 0 if it has not been.";
            text.metric(&name, "gauge", help);
            text.value(&name, &[], time.map_or(0, Timestamp::as_second));
        }
        if let Some(code) = state.exit_code {
            text.metric("run_exit_code", "gauge", "The exit code of the last run.");
            text.value("run_exit_code", &[], code);
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
