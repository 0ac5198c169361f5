//! How long a run would take, before it is begun.

use std::time::Duration;

use crate::cli::settings::Check;
use crate::cli::{CommandContext, Message};

/// Says how long it takes to send so many rows, if there are any. By default each copy costs two
/// requests: a token call and the copy itself.
pub fn emit_estimate(check: &Check, rows: u64, command: CommandContext<'_>) {
    if rows == 0 {
        return;
    }
    let is_token_kept = !check.has_fresh_tokens || command.environment.has_token();
    let (requests, words) = match is_token_kept {
        true => (1.0, "one request a row: the copy"),
        false => (2.0, "two requests a row: token and copy"),
    };
    let rate = check.rate;
    let text = match rate.interval() {
        None => "at --rate max it takes as long as the service needs".into(),
        Some(interval) => {
            let seconds = (interval.as_secs_f64() * requests * rows as f64).ceil();
            let seconds = seconds.min(1e9);
            let time = humantime::format_duration(Duration::from_secs(seconds as u64));
            format!("at {rate} it takes about {time} ({words})")
        }
    };
    command.output.emit(&Message::info("estimate", text));
}
