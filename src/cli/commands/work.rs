//! The planned rows of a ledger, sent and reported: what `run` and `retry` have in common.

use futures::executor::block_on;
use jiff::Timestamp;
use std::io;
use std::path::Path;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

use super::sandbox::with_faults;
use super::{guard, html};
use crate::cli::args::{ServiceArgs, WorkArgs};
use crate::cli::context::Context;
use crate::cli::credentials;
use crate::cli::endpoint::Endpoint;
use crate::cli::exit::{Exit, Failure};
use crate::cli::metrics::{Counted, Metrics};
use crate::cli::next_command::Next;
use crate::cli::output::{Bar, Level, Message, Output};
use crate::cli::paths::Paths;
use crate::cli::progress::Progress;
use crate::cli::settings::{WorkSettings, transport_settings};
use crate::executor::{self, Credentials, Observer, RunEnd, Signal, Stop, StopSwitch};
use crate::job::Status;
use crate::ledger::{Counts, Ledger, LedgerError, RunLock, Unsettled, View, Writer, WriterHandle};
use crate::report::counts_line;
use crate::sandbox::{Running, Sandbox, Settings};
use crate::support::{counted, one_line};
use crate::transport::HttpTransport;

/// The service of a run, ready to be called.
pub struct Service {
    transport: HttpTransport,
    credentials: Credentials,
    /// Serves as long as it is held.
    sandbox: Option<Running>,
}

impl Service {
    /// Reads the credentials and builds the client; for a rehearsal, starts the sandbox, which
    /// brings its own.
    ///
    /// # Errors
    /// Wrong usage.
    pub fn resolve(
        args: &WorkArgs,
        settings: &WorkSettings,
        context: &Context,
    ) -> Result<Self, Failure> {
        let faults = &args.faults;
        if !faults.is_empty() && settings.endpoint != Endpoint::Sandbox {
            return Err(Failure::usage(
                "--fault and --fault-script make only the sandbox misbehave; say --endpoint sandbox",
            ));
        }
        let sandbox = with_faults(faults)?;
        let fresh = args.fresh_connections;
        Self::connect(&settings.endpoint, &args.service, fresh, sandbox, context)
    }

    fn connect(
        endpoint: &Endpoint,
        args: &ServiceArgs,
        fresh_connections: bool,
        settings: Settings,
        context: &Context,
    ) -> Result<Self, Failure> {
        let (base, credentials, sandbox) = match endpoint.base() {
            Some(base) => (base, credentials::read(context)?, None),
            None => {
                let sandbox = block_on(Sandbox::start(settings)).map_err(Failure::usage)?;
                let credentials = Credentials::Key {
                    encrypted: sandbox.api_key().to_owned().into(),
                    salt: sandbox.salt().to_owned().into(),
                };
                let base = sandbox.base_url().parse().map_err(io::Error::other)?;
                (base, credentials, Some(sandbox))
            }
        };
        let transport = transport_settings(args, base, fresh_connections);
        let transport = HttpTransport::new(&transport).map_err(Failure::usage)?;
        Ok(Self {
            transport,
            credentials,
            sandbox,
        })
    }

    /// A service that is only read from.
    ///
    /// # Errors
    /// Wrong usage.
    pub fn to_read(
        endpoint: &Endpoint,
        args: &ServiceArgs,
        context: &Context,
    ) -> Result<Self, Failure> {
        Self::connect(endpoint, args, false, Settings::default(), context)
    }

    /// What an executor needs of it.
    pub fn client(&self) -> (HttpTransport, Credentials) {
        (self.transport.clone(), self.credentials.clone())
    }

    /// In a rehearsal, the sandbox's owner.
    pub fn owner(&self) -> Option<&str> {
        self.sandbox.as_ref().map(Running::owner)
    }
}

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
    /// How many rows are to be sent.
    pub planned: u64,
    /// Which uncertain rows are settled.
    pub unsettled: Unsettled<'a>,
    /// Where metrics are written, if anywhere.
    pub metrics: Option<&'a Path>,
}

impl Work<'_> {
    /// Sends the planned rows, writes the report, tells how it went.
    pub fn go(
        self,
        mut ledger: Ledger,
        lock: &mut RunLock,
        service: Service,
    ) -> Result<Exit, Failure> {
        guard::report_writable(&self.paths.report)?;
        if let Some(page) = self.html {
            guard::report_writable(page)?;
        }
        let facts = self.context.run_facts();
        let (run, interrupted) = ledger.begin_run(&self.manifest_name, &facts, Timestamp::now())?;
        let unsettled = if self.settings.run.settles {
            ledger.plan_settling(&self.unsettled)?
        } else {
            0
        };
        self.tell_start(interrupted, unsettled);
        let mut end = RunEnd {
            stop: None,
            only_limited: false,
            is_urgent: false,
        };
        let limit = self.settings.run.limit.unwrap_or(u64::MAX);
        let total = self.planned.min(limit) + unsettled;
        let progress = Progress::new(total, self.output.clone());
        let metrics = self.metrics.map(|file| {
            let metrics = Metrics::new(file, &self.paths.ledger, &self.manifest_name);
            Arc::new(metrics)
        });
        let mut bar = None;
        if self.planned + unsettled > 0 {
            bar = progress.bar();
            lock.record_sending(run).map_err(LedgerError::from)?;
            (ledger, end) = self.send(ledger, run, service, progress, metrics.as_ref())?;
        }
        self.finish(ledger, run, &end, bar, metrics.as_deref())
    }

    fn tell_start(&self, interrupted: u64, unsettled: u64) {
        if interrupted > 0 {
            let text = format!(
                "{interrupted} rows were in flight when an earlier run ended; they are uncertain"
            );
            self.output
                .tell(&Message::warn("interrupted", text).with("uncertain", interrupted));
        }
        let run = &self.settings.run;
        let count = self.planned.min(run.limit.unwrap_or(u64::MAX));
        if count + unsettled == 0 {
            return;
        }
        let endpoint = self.settings.endpoint.argument();
        let mut text = format!("sending {} to {endpoint}", counted(count, "row"));
        if unsettled > 0 {
            text += &format!(" and looking up {}", counted(unsettled, "uncertain row"));
        }
        text += &format!(
            " at {} requests, {} at a time; {}",
            run.link.rate,
            run.link.concurrency,
            self.on_uncertain()
        );
        self.output.tell(
            &Message::info("started", text)
                .with("rows", count)
                .with("uncertain", unsettled)
                .with("endpoint", endpoint)
                .with("rate", run.link.rate.to_string())
                .with("concurrency", run.link.concurrency),
        );
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
        progress: Arc<Progress>,
        metrics: Option<&Arc<Metrics>>,
    ) -> Result<(Ledger, RunEnd), Failure> {
        let (writer, journal) = Writer::start(ledger, run)?;
        // One thread runs the client, another the ledger: the cheapest way to use two cores.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let end = runtime.block_on(self.execute(journal, service, progress, metrics));
        drop(runtime);
        Ok((writer.join()?, end?))
    }

    async fn execute(
        &self,
        journal: WriterHandle,
        service: Service,
        progress: Arc<Progress>,
        metrics: Option<&Arc<Metrics>>,
    ) -> io::Result<RunEnd> {
        let stop = StopSwitch::default();
        let signals = tokio::spawn(watch_signals(
            stop.clone(),
            self.context.ignores_hangup,
            self.output.clone(),
        )?);
        let requests = metrics
            .map(|metrics| metrics.requests())
            .unwrap_or_default();
        let observer = observer(&progress, metrics.cloned());
        let Service {
            transport,
            credentials,
            sandbox: _serving,
        } = service;
        let end = tokio::select! {
            biased;
            end = executor::run(
                Counted::new(transport, requests), journal, credentials, &self.settings.run, stop,
                observer,
            ) => end,
            () = tell(metrics, self.output) => unreachable!("metrics are told for ever"),
            () = progress.tell() => unreachable!("progress is told for ever"),
        };
        signals.abort();
        Ok(end)
    }

    fn finish(
        &self,
        mut ledger: Ledger,
        run: i64,
        end: &RunEnd,
        bar: Option<Bar>,
        metrics: Option<&Metrics>,
    ) -> Result<Exit, Failure> {
        let counts = self.counts()?;
        let exit = Exit::of_run(end, &counts);
        let stop = end.stop.as_ref().map(ToString::to_string);
        ledger.end_run(run, exit.code(), stop.as_deref(), Timestamp::now())?;
        if let Some(stop) = &stop {
            self.output.tell(&Message::warn(
                "stopped",
                format!("stopped: {}", one_line(stop, 500)),
            ));
        }
        let written = if end.is_urgent {
            Ok(())
        } else {
            self.write_report()
        };
        let metrics = metrics.map_or(Ok(()), Metrics::write).map_err(|failure| {
            let text = format!("the metrics could not be written: {}", failure.text);
            Failure::new(Exit::Internal, text)
        });
        // After the report, so that the ledger is one file again when nobody else reads it.
        ledger.close()?;
        // The bar goes last: a terminal that takes no more holds up nothing but these words.
        drop(bar);
        let is_written = written.is_ok() && !end.is_urgent;
        self.tell_end(&counts, exit, end.stop.as_ref(), is_written);
        written.and(metrics).map(|()| exit)
    }

    fn counts(&self) -> Result<Counts, Failure> {
        let view = View::open(&self.paths.ledger)?;
        let manifest = view.manifest(&self.manifest_name)?;
        let counts = manifest.map(|manifest| view.counts(&manifest));
        Ok(counts.transpose()?.unwrap_or_default())
    }

    fn write_report(&self) -> Result<(), Failure> {
        let view = View::open(&self.paths.ledger)?;
        let written =
            super::inspect::write_report_file(&view, &self.manifest_name, &self.paths.report);
        // Each is tried: one that can't be written takes the other not with it.
        let page = self.html.map_or(Ok(()), |page| {
            html::write_page(&view, &self.manifest_name, page)
        });
        written.and(page).map_err(|failure| {
            Failure::new(
                Exit::Internal,
                format!(
                    "the report could not be written: {}. Nothing is lost: the ledger has every \
                     outcome, and `esign-copy report {}` renders it",
                    failure.text,
                    self.paths.ledger.display()
                ),
            )
        })
    }

    /// The last lines: counts, the report's path, the exact next command.
    fn tell_end(&self, counts: &Counts, exit: Exit, stop: Option<&Stop>, is_written: bool) {
        let next = Next {
            context: self.context,
            endpoint: &self.settings.endpoint,
            username: self.settings.run.link.username.as_deref(),
            paths: self.paths,
            html: self.html,
            manifest: self.manifest,
        };
        let advice = next.advice(counts, stop);
        let next = next.after(counts, stop);
        let (what, path) = match is_written {
            true => ("report", &self.paths.report),
            false => ("ledger", &self.paths.ledger),
        };
        let level = match exit {
            Exit::Done => Level::Info,
            _ => Level::Warn,
        };
        let mut message = Message::new(level, "ended", counts_line(|status| counts.of(status)))
            .line(&format!("{what}: {}", path.display()));
        if let Some(page) = self.html.filter(|_| is_written) {
            message = message
                .line(&format!("page: {}", page.display()))
                .with("html", page.to_string_lossy());
        }
        if let Some(advice) = advice {
            message = message.line(advice);
        }
        message = message.line(&format!("next: {next}"));
        for status in Status::ALL {
            message = message.with(status.as_str(), counts.of(status));
        }
        self.output.tell(
            &message
                .with(what, path.to_string_lossy())
                .with("next", next)
                .with("exit_code", exit.code()),
        );
    }
}

/// What the run tells goes to the progress, and to the metrics if there are any.
fn observer(progress: &Arc<Progress>, metrics: Option<Arc<Metrics>>) -> Observer {
    let progress = progress.observer();
    match metrics {
        None => progress,
        Some(metrics) => Arc::new(move |event| {
            metrics.take(&event);
            progress(event);
        }),
    }
}

async fn tell(metrics: Option<&Arc<Metrics>>, output: &Output) {
    match metrics {
        Some(metrics) => metrics.tell(output).await,
        None => std::future::pending().await,
    }
}

/// The first signal drains the run, the second one ends it at once.
fn watch_signals(
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
