//! What a run is about to do, in words.

use super::pipeline_context::PipelineContext;
use crate::cli::Message;
use crate::support::{counted, singular_or};

/// Says what was found interrupted, and what is sent and looked up from now on.
pub fn report_start(
    context: &PipelineContext<'_>,
    planned: u64,
    unsettled: u64,
    interrupted: u64,
    inviting: u64,
) {
    let output = context.command.output;
    if interrupted > 0 {
        let verb = singular_or(interrupted, "was", "were");
        let they = singular_or(interrupted, "it is", "they are");
        let rows = counted(interrupted, "row");
        let text = format!("{rows} {verb} in flight when an earlier run ended; {they} uncertain");
        output.emit(&Message::warn("interrupted", text).with("uncertain", interrupted));
    }
    if planned + unsettled > 0 {
        output.emit(&started(context, planned, unsettled));
    }
    if inviting > 0 {
        let rows = counted(inviting, "row");
        let text = format!(
            "send_signer_invites is true for {rows}: starting those copies mails their signers"
        );
        output.emit(&Message::info("invites", text).with("rows", inviting));
    }
}

fn started(context: &PipelineContext<'_>, planned: u64, unsettled: u64) -> Message {
    let run = &context.settings.run;
    let endpoint = context.files.endpoint.argument();
    let (sent, sought) = (counted(planned, "row"), counted(unsettled, "uncertain row"));
    let what = match (planned, unsettled) {
        (_, 0) => format!("sending {sent} to {endpoint}"),
        (0, _) => format!("looking up {sought} at {endpoint}"),
        _ => format!("sending {sent} to {endpoint} and looking up {sought}"),
    };
    let on_uncertain = match &run.client.username {
        Some(username) if run.settles => format!("uncertain rows are looked up for {username}"),
        Some(_) => "rows whose answer is lost stay uncertain".into(),
        None => "rows whose answer is lost stay uncertain, because without --username they can't be looked up".into(),
    };
    let (rate, concurrency) = (run.client.rate, run.client.concurrency);
    let pace = rate.in_words();
    let text = format!("{what} {pace}, {concurrency} at a time; {on_uncertain}");
    Message::info("started", text)
        .with("rows", planned)
        .with("uncertain", unsettled)
        .with("endpoint", endpoint)
        .with("rate", rate.to_string())
        .with("concurrency", concurrency)
}
