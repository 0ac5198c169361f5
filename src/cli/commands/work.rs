//! The planned rows of a ledger, sent and reported: what `run` and `retry` have in common.

use futures::executor::block_on;
use jiff::Timestamp;
use std::io;
use std::path::Path;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

use super::sandbox::with_faults;
use super::{guard, html};
use crate::cli::args::WorkArgs;
use crate::cli::context::Context;
use crate::cli::credentials;
use crate::cli::endpoint::Endpoint;
use crate::cli::exit::{Exit, Failure};
use crate::cli::next_command::Next;
use crate::cli::output::{Bar, Level, Message, Output};
use crate::cli::paths::Paths;
use crate::cli::progress::Progress;
use crate::cli::settings::{WorkSettings, transport_settings};
use crate::executor::{self, Credentials, RunEnd, Signal, StopSwitch};
use crate::job::Status;
use crate::ledger::{Counts, Ledger, LedgerError, RunLock, Unsettled, View, Writer, WriterHandle};
use crate::report::counts_line;
use crate::sandbox::{Running, Sandbox};
use crate::support::one_line;
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
        let (base, credentials, sandbox) = match settings.endpoint.base() {
            Some(base) => (base, credentials::read(context)?, None),
            None => {
                let sandbox =
                    block_on(Sandbox::start(with_faults(faults)?)).map_err(Failure::usage)?;
                let credentials = Credentials::Key {
                    encrypted: sandbox.api_key().to_owned().into(),
                    salt: sandbox.salt().to_owned().into(),
                };
                let base = sandbox.base_url().parse().map_err(io::Error::other)?;
                (base, credentials, Some(sandbox))
            }
        };
        let transport = transport_settings(&args.service, base, args.fresh_connections);
        let transport = HttpTransport::new(&transport).map_err(Failure::usage)?;
        Ok(Self {
            transport,
            credentials,
            sandbox,
        })
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
        let mut bar = None;
        if self.planned + unsettled > 0 {
            bar = progress.bar();
            lock.record_sending(run).map_err(LedgerError::from)?;
            (ledger, end) = self.send(ledger, run, service, progress)?;
        }
        self.finish(ledger, run, &end, bar)
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
        let rows = |count| if count == 1 { "row" } else { "rows" };
        let endpoint = self.settings.endpoint.argument();
        let mut text = format!("sending {count} {} to {endpoint}", rows(count));
        if unsettled > 0 {
            text += &format!(" and looking up {unsettled} uncertain {}", rows(unsettled));
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
    ) -> Result<(Ledger, RunEnd), Failure> {
        let (writer, journal) = Writer::start(ledger, run)?;
        // One thread runs the client, another the ledger: the cheapest way to use two cores.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let end = runtime.block_on(self.execute(journal, service, progress));
        drop(runtime);
        Ok((writer.join()?, end?))
    }

    async fn execute(
        &self,
        journal: WriterHandle,
        service: Service,
        progress: Arc<Progress>,
    ) -> io::Result<RunEnd> {
        let stop = StopSwitch::default();
        let signals = tokio::spawn(watch_signals(
            stop.clone(),
            self.context.ignores_hangup,
            self.output.clone(),
        )?);
        let observer = progress.observer();
        let Service {
            transport,
            credentials,
            sandbox: _serving,
        } = service;
        let end = tokio::select! {
            biased;
            end = executor::run(
                transport, journal, credentials, &self.settings.run, stop, observer,
            ) => end,
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
        // After the report, so that the ledger is one file again when nobody else reads it.
        ledger.close()?;
        // The bar goes last: a terminal that takes no more holds up nothing but these words.
        drop(bar);
        self.tell_end(&counts, exit, written.is_ok() && !end.is_urgent);
        written.map(|()| exit)
    }

    fn counts(&self) -> Result<Counts, Failure> {
        let view = View::open(&self.paths.ledger)?;
        let manifests = view.manifests()?;
        let manifest = manifests
            .iter()
            .find(|manifest| manifest.name == self.manifest_name);
        Ok(manifest
            .map(|manifest| view.counts(manifest))
            .transpose()?
            .unwrap_or_default())
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
    fn tell_end(&self, counts: &Counts, exit: Exit, is_written: bool) {
        let next = Next {
            context: self.context,
            endpoint: &self.settings.endpoint,
            username: self.settings.run.link.username.as_deref(),
            paths: self.paths,
            html: self.html,
            manifest: self.manifest,
        };
        let next = next.after(counts);
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
