//! The planned rows of a ledger, sent and reported: what `run` and `retry` have in common.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

#[cfg(feature = "failpoints")]
use crate::broken::{BlindRepeat, ResultOnly};
use crate::cli::commands::pipeline::with_metrics::write_begun;
use crate::cli::commands::shared::output_files::Written;
use crate::cli::commands::shared::plan;
use crate::cli::commands::shared::service::Service;
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::metrics::{CountingTransport, Metrics};
use crate::cli::output::{Message, Output};
use crate::cli::paths::Paths;
use crate::cli::progress::ProgressReporter;
use crate::cli::settings::WorkSettings;
use crate::cli::signals::SignalSubscription;
use crate::executor::{self, Observer, RunEnd, Stop, StopSwitch};
use crate::job::CsvDialect;
use crate::ledger::{
    Ledger, LedgerError, PlanSummary, RunLock, Unrecorded, Unsettled, Writer, WriterHandle,
};
use crate::support::counted;

/// A planned run.
pub struct Work<'a> {
    /// The environment.
    pub context: &'a Context,
    /// Where it is told.
    pub output: &'a Output,
    /// The same, resolved.
    pub settings: &'a WorkSettings,
    /// The job's files.
    pub paths: &'a Paths,
    /// Where the report is written as a page too, if anywhere.
    pub html: Option<&'a Path>,
    /// The manifest whose report is written.
    pub manifest_name: String,
    /// Where that manifest is.
    pub manifest: &'a Path,
    /// How the report is written, if not as that manifest was.
    pub dialect: Option<CsvDialect>,
    /// How many rows are to be sent.
    pub planned: u64,
    /// What they are.
    pub plan: PlanSummary,
    /// Which uncertain rows are settled.
    pub unsettled: Unsettled<'a>,
    /// Where metrics are written, if anywhere.
    pub metrics: Option<Arc<Metrics>>,
}

impl Work<'_> {
    /// Sends the planned rows, writes the report, tells how it went.
    pub fn go(
        self,
        mut ledger: Ledger,
        lock: &mut RunLock,
        service: Service,
    ) -> Result<Exit, Failure> {
        Written::Report.writable(&self.paths.report)?;
        if let Some(page) = self.html {
            Written::Page.writable(page)?;
        }
        if let Some(metrics) = &self.metrics {
            metrics.of_manifest(&self.manifest_name);
        }
        let username = self.settings.run.link.username.as_deref();
        let facts = self.context.run_facts(&self.paths.report, username);
        let (run, interrupted) = ledger.begin_run(&self.manifest_name, &facts, Timestamp::now())?;
        // Now with what is still to do: killed in its first seconds, a run must not seem to have nothing.
        write_begun(self.metrics.as_deref())?;
        let unsettled = if self.settings.run.settles {
            ledger.plan_settling(&self.unsettled)?
        } else {
            0
        };
        plan::tell(self.output, &self.plan);
        self.tell_start(interrupted, unsettled);
        self.tell_invites(ledger.planned_invites()?);
        let mut end = RunEnd::default();
        let limit = self.settings.run.limit.unwrap_or(u64::MAX);
        let total = self.planned.min(limit) + unsettled;
        let progress = ProgressReporter::new(total, self.output.clone());
        let (mut bar, mut unrecorded) = (None, Vec::new());
        if self.planned + unsettled > 0 {
            bar = progress.bar();
            lock.record_sending(run).map_err(LedgerError::from)?;
            (ledger, unrecorded, end) = self.send(ledger, run, service, progress)?;
        }
        self.finish(ledger, &unrecorded, run, &end, bar)
    }

    fn tell_start(&self, interrupted: u64, unsettled: u64) {
        if interrupted > 0 {
            let (verb, they) = match interrupted {
                1 => ("was", "it is"),
                _ => ("were", "they are"),
            };
            let text = format!(
                "{} {verb} in flight when an earlier run ended; {they} uncertain",
                counted(interrupted, "row")
            );
            self.output
                .emit(&Message::warn("interrupted", text).with("uncertain", interrupted));
        }
        let run = &self.settings.run;
        let count = self.planned.min(run.limit.unwrap_or(u64::MAX));
        if count + unsettled == 0 {
            return;
        }
        let endpoint = self.settings.endpoint.argument();
        let (sent, sought) = (counted(count, "row"), counted(unsettled, "uncertain row"));
        let what = match (count, unsettled) {
            (_, 0) => format!("sending {sent} to {endpoint}"),
            (0, _) => format!("looking up {sought} at {endpoint}"),
            _ => format!("sending {sent} to {endpoint} and looking up {sought}"),
        };
        let text = format!(
            "{what} {}, {} at a time; {}",
            run.link.rate.in_words(),
            run.link.concurrency,
            self.on_uncertain()
        );
        self.output.emit(
            &Message::info("started", text)
                .with("rows", count)
                .with("uncertain", unsettled)
                .with("endpoint", endpoint)
                .with("rate", run.link.rate.to_string())
                .with("concurrency", run.link.concurrency),
        );
    }

    fn tell_invites(&self, inviting: u64) {
        if inviting > 0 {
            let rows = counted(inviting, "row");
            let text = format!(
                "send_signer_invites is true for {rows}: starting those copies mails their signers"
            );
            self.output
                .emit(&Message::info("invites", text).with("rows", inviting));
        }
    }

    /// What becomes of rows whose answer is lost, for people.
    fn on_uncertain(&self) -> String {
        let run = &self.settings.run;
        match &run.link.username {
            Some(username) if run.settles => {
                format!("uncertain rows are looked up as {username}'s")
            }
            Some(_) => "uncertain rows are held".into(),
            None => "uncertain rows are held: without --username they can't be looked up".into(),
        }
    }

    fn send(
        &self,
        ledger: Ledger,
        run: i64,
        service: Service,
        progress: Arc<ProgressReporter>,
    ) -> Result<(Ledger, Vec<Unrecorded>, RunEnd), Failure> {
        let (writer, journal) = Writer::start(ledger, run)?;
        // One thread runs the client, another the ledger: the cheapest way to use two cores.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let end = runtime.block_on(self.execute(journal, service, progress));
        drop(runtime);
        let (ledger, unrecorded) = writer.join()?;
        Ok((ledger, unrecorded, end))
    }

    async fn execute(
        &self,
        journal: WriterHandle,
        service: Service,
        progress: Arc<ProgressReporter>,
    ) -> RunEnd {
        let metrics = self.metrics.as_ref();
        let stop = StopSwitch::default();
        let mut subscription = self.context.signals.subscribe(&stop);
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
            () = obey(&mut subscription, &stop, self.output) => unreachable!("signals are obeyed for ever"),
            end = executor::run(
                CountingTransport::new(transport, requests), journal, credentials, &self.settings.run,
                stop.clone(), observer,
            ) => end,
            () = tell(metrics, self.output) => unreachable!("metrics are told for ever"),
            () = progress.emit_lines() => unreachable!("progress is told for ever"),
        };
        if let Some(signal) = subscription.close() {
            end.stop.get_or_insert(Stop::Signal(signal));
        }
        end
    }
}

/// What the run tells goes to the progress, and to the metrics if there are any.
fn observer(progress: &Arc<ProgressReporter>, metrics: Option<Arc<Metrics>>) -> Observer {
    let progress = progress.observer();
    match metrics {
        None => progress,
        Some(metrics) => Arc::new(move |event| {
            metrics.take(&event);
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
                format!("{signal}: letting requests in flight finish; once more ends at once");
            let message = Message::warn("signal", text);
            output.emit(&message.with("signal", signal.to_string()));
        }
        stop.signal(signal);
    }
}

async fn tell(metrics: Option<&Arc<Metrics>>, output: &Output) {
    match metrics {
        Some(metrics) => metrics.write_repeatedly(output).await,
        None => std::future::pending().await,
    }
}
