//! `retry`: take back what was corrected in a report, then send its failed and pending rows.

mod from_ledger;
mod recovery;

use super::pipeline;
use crate::cli::settings::{Retry, SendingCommand};
use crate::cli::{CommandContext, Exit, Failure};

/// `retry REPORT`: with the report's ledger, or with a new one that is begun from the report.
pub fn retry(sending: SendingCommand<Retry>, command: CommandContext<'_>) -> Result<Exit, Failure> {
    pipeline::run(command, sending, |context, settings| {
        match settings.recovery {
            None => from_ledger::prepare(context, settings.corrections),
            Some(recovery) => recovery::prepare(context, settings.corrections, recovery),
        }
    })
}
