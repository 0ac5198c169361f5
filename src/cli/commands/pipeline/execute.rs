//! Planned rows sent: the executor between the ledger and the service, with signals, progress and metrics
//! around it.

use std::sync::Arc;

use super::pipeline_context::PipelineContext;
#[cfg(feature = "failpoints")]
use crate::broken::{BlindRepeat, ResultOnly};
use crate::cli::commands::shared::{Service, block_on};
use crate::cli::metrics::{CountingTransport, Metrics};
use crate::cli::progress::ProgressReporter;
use crate::cli::signals::SignalSubscription;
use crate::cli::{Failure, Message, Output};
use crate::executor::{self, AttemptEnd, Observer, RunEnd, Stop, StopSwitch};
use crate::ledger::{Ledger, Writer, WriterHandle};

/// Sends what is planned. Returns the ledger, and what could not be recorded in it.
///
/// # Errors
/// When the ledger's thread fails.
pub fn execute(
    context: &PipelineContext<'_>,
    ledger: Ledger,
    run: i64,
    service: Service,
    progress: Arc<ProgressReporter>,
) -> Result<(Ledger, Vec<AttemptEnd>, RunEnd), Failure> {
    // One thread runs the client, another the ledger: the cheapest way to use two cores.
    let (writer, journal) = Writer::start(ledger, run)?;
    let end = block_on(send(context, journal, service, progress))?;
    let (ledger, unrecorded) = writer.join()?;
    Ok((ledger, unrecorded, end))
}

async fn send(
    context: &PipelineContext<'_>,
    journal: WriterHandle,
    service: Service,
    progress: Arc<ProgressReporter>,
) -> RunEnd {
    let (output, metrics) = (context.command.output, context.metrics.as_ref());
    let stop = StopSwitch::default();
    let mut subscription = context.command.environment.signals.subscribe(&stop);
    let requests = metrics
        .map(|metrics| metrics.requests())
        .unwrap_or_default();
    let observer = observer(&progress, metrics.cloned());
    // A rehearsal's sandbox serves as long as the service is held.
    let (transport, credentials) = service.client();
    #[cfg(feature = "failpoints")]
    let (transport, journal) = (BlindRepeat(transport), ResultOnly(journal));
    let mut end = tokio::select! {
        biased;
        () = obey(&mut subscription, &stop, output) => unreachable!("signals are obeyed for ever"),
        end = executor::run(
            CountingTransport::new(transport, requests), journal, credentials,
            &context.settings.run, stop.clone(), observer,
        ) => end,
        () = write_metrics(metrics, output) => unreachable!("metrics are written for ever"),
        () = progress.emit_lines() => unreachable!("progress is shown for ever"),
    };
    if let Some(signal) = subscription.close() {
        end.stop.get_or_insert(Stop::Signal(signal));
    }
    end
}

/// The events of the run go to the progress, and to the metrics if there are any.
fn observer(progress: &Arc<ProgressReporter>, metrics: Option<Arc<Metrics>>) -> Observer {
    let progress = progress.observer();
    match metrics {
        None => progress,
        Some(metrics) => Arc::new(move |event| {
            metrics.observe(&event);
            progress(event);
        }),
    }
}

/// The first signal drains the run, the second one ends it at once.
async fn obey(subscription: &mut SignalSubscription, stop: &StopSwitch, output: &Output) {
    loop {
        let signal = subscription.signal().await;
        if stop.reason().is_none() {
            let text =
                format!("{signal}: waiting for requests in flight; a second signal ends at once");
            let message = Message::warn("signal", text);
            output.emit(&message.with("signal", signal.to_string()));
        }
        stop.signal(signal);
    }
}

async fn write_metrics(metrics: Option<&Arc<Metrics>>, output: &Output) {
    match metrics {
        Some(metrics) => metrics.write_repeatedly(output).await,
        None => std::future::pending().await,
    }
}
