//! The question before the first run to production that is no pilot.

use super::pipeline_context::PipelineContext;
use crate::cli::commands::shared::{plan, stored_command};
use crate::cli::{Endpoint, Exit, Failure, Message};
use crate::executor::Signal;
use crate::ledger::{PlanSummary, View};

/// The only answer that sends.
const YES: &str = "yes";

/// Asks whether to send, where a person is there to answer: once in a ledger's life, before its first run to production
/// without `--limit`.
///
/// # Errors
/// Any answer but `yes`.
pub fn confirm(context: &PipelineContext<'_>, summary: &PlanSummary) -> Result<(), Failure> {
    let run = &context.settings.run;
    let is_asked = context.files.endpoint == Endpoint::Production
        && run.limit.is_none()
        && !context.settings.is_confirmed
        && context.command.environment.terminal.can_ask
        && summary.sessions > 0;
    if !is_asked || has_run_whole(context)? {
        return Ok(());
    }
    let pace = run.client.rate.in_words();
    let what = format!("production: {}, {pace}", plan::line(summary));
    let question =
        format!("These copies are real. Type {YES} to make them; anything else stops here:");
    let question = Message::warn("confirm", what).line(&question);
    context.command.output.emit(&question);
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    if answer.trim() == YES {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Signal(Signal::Interrupt),
        format!(
            "nothing was sent: the answer was not {YES}. `--limit 3` sends three rows as a pilot"
        ),
    ))
}

/// Whether an earlier run of this ledger sent without `--limit`.
fn has_run_whole(context: &PipelineContext<'_>) -> Result<bool, Failure> {
    let view = View::of_own_run(&context.files.paths.ledger)?;
    let runs = view.runs(None, u32::MAX)?;
    let mut commands = runs.iter().filter_map(stored_command);
    Ok(commands.any(|command| command.value("limit").is_none()))
}
