//! How long a run would take, before it is begun.

use std::time::Duration;

use crate::cli::output::{Message, Output};
use crate::support::Rate;

/// Tells how long it takes to send so many rows at the rate, if there are any.
pub fn tell_estimate(output: &Output, rows: u64, rate: Rate) {
    if rows > 0 {
        output.tell(&Message::info("estimate", estimate(rows, rate)));
    }
}

/// By default each copy costs two requests: a token call and the copy itself.
fn estimate(rows: u64, rate: Rate) -> String {
    match rate.interval() {
        None => "at rate max it takes as long as the service needs".into(),
        Some(interval) => {
            let seconds = (interval.as_secs_f64() * 2.0 * rows as f64).ceil().min(1e9);
            let time = humantime::format_duration(Duration::from_secs(seconds as u64));
            format!("at {rate} it takes about {time} (two requests a row: token and copy)")
        }
    }
}
