//! How long a run would take, before it is begun.

use std::time::Duration;

use crate::cli::args::ServiceArgs;
use crate::cli::context::Context;
use crate::cli::output::{Message, Output};

/// Tells how long it takes to send so many rows, if there are any. By default each copy costs two
/// requests: a token call and the copy itself.
pub fn tell_estimate(output: &Output, rows: u64, service: &ServiceArgs, context: &Context) {
    if rows == 0 {
        return;
    }
    let is_token_kept = !service.token_reuse.is_zero() || context.has_token();
    let (requests, words) = match is_token_kept {
        true => (1.0, "one request a row: the copy"),
        false => (2.0, "two requests a row: token and copy"),
    };
    let rate = service.rate;
    let text = match rate.interval() {
        None => "at rate max it takes as long as the service needs".into(),
        Some(interval) => {
            let seconds = (interval.as_secs_f64() * requests * rows as f64)
                .ceil()
                .min(1e9);
            let time = humantime::format_duration(Duration::from_secs(seconds as u64));
            format!("at {rate} it takes about {time} ({words})")
        }
    };
    output.emit(&Message::info("estimate", text));
}
