//! What an input has to prepare its ledger with, and what it prepares.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::cli::metrics::Metrics;
use crate::cli::settings::{RunFiles, SendingSettings};
use crate::cli::{CommandContext, Failure, Message};
use crate::job::CsvDialect;
use crate::ledger::{Holder, Ledger, LedgerFacts, LockError, RunLock};
use crate::manifest::InputFile;

/// How often a held lock is tried again.
const LOCK_RETRY_INTERVAL: Duration = Duration::from_millis(200);

/// A run before its ledger is open.
pub struct PipelineContext<'a> {
    /// The environment, and where to report.
    pub command: CommandContext<'a>,
    /// The files of the run.
    pub files: &'a RunFiles,
    /// How rows are sent.
    pub settings: &'a SendingSettings,
    /// Where metrics are written, if anywhere.
    pub metrics: Option<Arc<Metrics>>,
}

/// A ledger that has taken its input in, and the lock on it.
pub struct PreparedLedger {
    /// The lock, held to the end of the run.
    pub lock: RunLock,
    /// The ledger.
    pub ledger: Ledger,
    /// The file that it was prepared from.
    pub list: InputFile,
    /// The manifest whose report is written.
    pub manifest_name: String,
    /// Where that manifest is.
    pub manifest: PathBuf,
    /// How the report is written, if not as that manifest was.
    pub dialect: Option<CsvDialect>,
    /// Whether only the rows of a report are sent and settled, and are planned already; else the
    /// manifest's are.
    pub is_of_report: bool,
}

impl PipelineContext<'_> {
    /// What the ledger must say of itself. One that is not at its default place may be of any manifest.
    pub fn ledger_facts(&self, manifest: Option<String>) -> LedgerFacts {
        LedgerFacts {
            endpoint: self.files.endpoint.identity(),
            manifest,
        }
    }

    /// Takes the ledger's lock; where another run holds it, waits for that one to end, at most as long
    /// as `--wait` says, once `before_waiting` has found nothing to refuse. From then on the metrics
    /// are this run's.
    ///
    /// # Errors
    /// When another run still holds it then, or the lock file or the metrics can't be written.
    pub fn take_lock(
        &self,
        before_waiting: impl FnOnce() -> Result<(), Failure>,
    ) -> Result<RunLock, Failure> {
        let lock = match self.try_lock() {
            Err(LockError::Held { .. }) => {
                before_waiting()?;
                self.wait_for_lock()?
            }
            taken => taken?,
        };
        self.write_begun_metrics()?;
        Ok(lock)
    }

    /// Writes the metrics of a run that has begun.
    ///
    /// # Errors
    /// Metrics that can't be written: nothing was sent yet.
    pub fn write_begun_metrics(&self) -> Result<(), Failure> {
        self.metrics.as_deref().map_or(Ok(()), Metrics::write_begun)
    }

    fn try_lock(&self) -> Result<RunLock, LockError> {
        let holder = self.command.environment.holder(Timestamp::now());
        RunLock::take(&self.files.paths.ledger, holder)
    }

    fn wait_for_lock(&self) -> Result<RunLock, Failure> {
        let (start, wait) = (Instant::now(), self.settings.wait);
        let mut is_reported = false;
        loop {
            match self.try_lock() {
                Err(LockError::Held { path, holder }) if start.elapsed() < wait => {
                    if !is_reported {
                        let (path, wait) = (path.display(), humantime::format_duration(wait));
                        let process =
                            |holder: Holder| format!("process {} on {}", holder.pid, holder.host);
                        let whom = holder.map_or_else(|| "it".to_owned(), process);
                        let text = format!(
                            "{path}: another run holds this ledger; waiting at most {wait} for {whom} to end"
                        );
                        self.command.output.emit(&Message::info("waiting", text));
                        is_reported = true;
                    }
                    let left = wait.saturating_sub(start.elapsed());
                    std::thread::sleep(LOCK_RETRY_INTERVAL.min(left));
                }
                taken => return Ok(taken?),
            }
        }
    }
}
