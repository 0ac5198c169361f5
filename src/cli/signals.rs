//! What ends a run from outside.

use std::io;

use tokio::signal::unix::{SignalKind, signal};

use super::output::{Message, Output};
use crate::executor::{Signal, StopSwitch};

/// The first signal drains the run, the second one ends it at once.
pub fn watch_signals(
    stop: StopSwitch,
    ignores_hangup: bool,
    output: Output,
) -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut hangup = signal(SignalKind::hangup())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        loop {
            let signal = tokio::select! {
                _ = hangup.recv(), if !ignores_hangup => Signal::Hangup,
                _ = interrupt.recv() => Signal::Interrupt,
                _ = terminate.recv() => Signal::Terminate,
            };
            if stop.reason().is_none() {
                let text =
                    format!("{signal}: letting requests in flight finish; once more ends at once");
                let message = Message::warn("signal", text);
                output.tell(&message.with("signal", signal.to_string()));
            }
            stop.signal(signal);
        }
    })
}
