use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::cli::context::Context;
use crate::cli::exit::Failure;
use crate::cli::output::{Message, Output};
use crate::ledger::{LockError, RunLock};

/// How often a held lock is tried again.
const BETWEEN: Duration = Duration::from_millis(200);

/// Takes a ledger's lock; where another run holds it, waits for that one to end, at most as long
/// as `--wait` says.
///
/// # Errors
/// When another run still holds it then, or the lock file can't be used.
pub fn take_lock(
    ledger: &Path,
    wait: Duration,
    context: &Context,
    output: &Output,
) -> Result<RunLock, Failure> {
    let start = Instant::now();
    let mut is_told = false;
    loop {
        match RunLock::take(ledger, context.holder(Timestamp::now())) {
            Err(LockError::Held { path, holder }) if start.elapsed() < wait => {
                if !is_told {
                    let path = path.display();
                    let wait = humantime::format_duration(wait);
                    let whom = match holder {
                        Some(holder) => format!("process {} on {}", holder.pid, holder.host),
                        None => "it".to_owned(),
                    };
                    let text = format!(
                        "{path}: another run holds this ledger; waiting at most {wait} for {whom} to end"
                    );
                    output.emit(&Message::info("waiting", text));
                    is_told = true;
                }
                let left = wait.saturating_sub(start.elapsed());
                std::thread::sleep(BETWEEN.min(left));
            }
            taken => return Ok(taken?),
        }
    }
}
