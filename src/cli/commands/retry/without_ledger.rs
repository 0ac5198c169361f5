//! `retry --without-ledger`: a report whose ledger is lost becomes the beginning of a new one.

use std::sync::Arc;

use jiff::Timestamp;

use crate::cli::args::RetryArgs;
use crate::cli::commands::pipeline::execute::Work;
use crate::cli::commands::pipeline::lock::take_lock;
use crate::cli::commands::pipeline::with_metrics::{measured, write_begun};
use crate::cli::commands::shared::output_files::{self, Input};
use crate::cli::commands::shared::plan;
use crate::cli::commands::shared::recovery::LoneImport;
use crate::cli::commands::shared::service::Service;
use crate::cli::context::{Context, today};
use crate::cli::endpoint::Endpoint;
use crate::cli::exit::{Exit, Failure};
use crate::cli::metrics::Metrics;
use crate::cli::output::{Message, Output};
use crate::cli::paths::{Paths, without_end};
use crate::cli::settings::WorkSettings;
use crate::job::Fields;
use crate::ledger::{Ledger, LedgerError, LedgerFacts, PlanOptions, RecoverySummary, Unsettled};
use crate::manifest::{Format, Manifest};

/// What is known before the report is opened.
pub struct LoneReport<'a> {
    /// What was typed.
    pub args: &'a RetryArgs,
    /// The environment.
    pub context: &'a Context,
    /// Where it is told.
    pub output: &'a Output,
    /// The `--set` values.
    pub constants: Fields,
}

impl LoneReport<'_> {
    /// Begins the ledger and sends what is surely no copy yet.
    pub fn retry(self, settings: WorkSettings) -> Result<Exit, Failure> {
        let args = self.args;
        let paths = self.paths(&settings.endpoint)?;
        output_files::allowed(&args.work, &paths, Input::Report(&args.results))?;
        measured(&args.work, &paths, self.output, |metrics| {
            self.go(settings, &paths, metrics)
        })
    }

    fn go(
        &self,
        mut settings: WorkSettings,
        paths: &Paths,
        metrics: Option<Arc<Metrics>>,
    ) -> Result<Exit, Failure> {
        let (args, output) = (self.args, self.output);
        let service = Service::resolve(&args.work, &mut settings, self.context, self.output)?;
        let looks_up = self.looks_up(&settings)?;
        let report = Manifest::open(&args.results, Some(Format::Csv))?;
        let facts = LedgerFacts {
            endpoint: settings.endpoint.identity(),
            manifest: None,
        };
        let name = Paths::manifest_of_report(&args.results, &settings.endpoint);
        let import = LoneImport {
            output,
            report: &report,
            name: &name,
            constants: &self.constants,
            skip_invalid: args.set.skip_invalid,
            keep_source_signers: args.set.keep_source_signers,
            accept_changes: args.accept_changes,
            looks_up,
        };
        let has_numbers = import.look_through()?;
        let lock = &mut take_lock(&paths.ledger, args.work.wait, self.context, output)?;
        write_begun(metrics.as_deref())?;
        if Ledger::open(&paths.ledger, &facts)?.is_some() {
            return Err(has_ledger(paths));
        }
        let mut taken = RecoverySummary::default();
        let take = |ledger: &mut Ledger| {
            taken = import.take_over(ledger, has_numbers)?;
            Ok::<(), Failure>(())
        };
        let now = Timestamp::now();
        let mut ledger = Ledger::begin(&paths.ledger, &facts, now, take, || Ok(()))?;
        // What the lock file knows of the lost ledger does not bind the new one.
        lock.record_new_ledger().map_err(LedgerError::from)?;
        ledger.note_report(report.sha256(), now)?;
        tell(output, paths, taken, looks_up);
        let planned = ledger.plan_manifest(&name)?;
        let plan = PlanOptions {
            manifest: &name,
            today: today(),
            username: settings.run.link.username.as_deref(),
            limit: settings.run.limit,
            skip_invalid: args.set.skip_invalid,
        };
        let plan = plan::summarise(output, &report, &mut ledger, &plan)?;
        let work = Work {
            context: self.context,
            output,
            settings: &settings,
            paths,
            manifest: &args.results.with_file_name(&name),
            dialect: report.dialect()?,
            manifest_name: name.clone(),
            planned,
            plan,
            metrics,
            html: args.work.html.as_deref(),
            unsettled: Unsettled::OfManifest(&name),
        };
        work.go(ledger, lock, service)
    }

    /// Whether rows are looked up first. Where they can't be, only --trust-report goes on.
    fn looks_up(&self, settings: &WorkSettings) -> Result<bool, Failure> {
        let run = &settings.run;
        match (run.settles, self.args.trust_report) {
            (true, _) => Ok(true),
            (false, true) => Ok(false),
            (false, false) if run.link.username.is_some() => Err(Failure::usage(
                "--without-ledger looks rows up before they are sent, which --on-uncertain hold \
                 forbids; leave it out",
            )),
            (false, false) => Err(Failure::usage(
                "--without-ledger looks rows up before they are sent, and look-ups are made for an \
                 owner: say --username. If nothing was copied since the report was written, and only \
                 then, --trust-report sends them without",
            )),
        }
    }

    fn paths(&self, endpoint: &Endpoint) -> Result<Paths, Failure> {
        let results = &self.args.results;
        let refused = |text: String| {
            let text = format!("{}: {text}", results.display());
            Failure::new(Exit::Refused, text)
        };
        let name = results.file_name().unwrap_or_default().to_string_lossy();
        let is_rehearsed = without_end(&name, ".rehearsal.results.csv").is_some();
        if is_rehearsed && *endpoint != Endpoint::Sandbox {
            return Err(refused(
                "this is a rehearsal's report, and its copies are none; `esign-copy run` sends the \
                 manifest"
                    .into(),
            ));
        }
        let is_of_stage = without_end(&name, ".stage.results.csv").is_some();
        if is_of_stage && *endpoint == Endpoint::Production {
            return Err(refused(
                "this is a report of stage, not of production".into(),
            ));
        }
        let work = &self.args.work;
        let (ledger, report) = (work.ledger.as_deref(), work.report.as_deref());
        Paths::of_lone_report(results, endpoint, ledger, report).ok_or_else(|| {
            refused("its name does not tell where its new ledger belongs; say --ledger FILE".into())
        })
    }
}

/// Refused where a ledger is that knows more than the report.
pub fn has_ledger(paths: &Paths) -> Failure {
    Failure::new(
        Exit::Refused,
        format!(
            "{}: there is a ledger here, and it knows more than a report; leave out \
             --without-ledger. If it is another job's, name another file with --ledger",
            paths.ledger.display()
        ),
    )
}

fn tell(output: &Output, paths: &Paths, taken: RecoverySummary, looks_up: bool) {
    let RecoverySummary {
        copied,
        uncertain,
        to_send,
    } = taken;
    let first = match looks_up {
        true => "which are looked up before they are sent",
        false => "which are sent as the report says: what was copied since is copied again",
    };
    let text = format!(
        "{}: begun from the report alone: {copied} copied, {uncertain} uncertain, {to_send} failed \
         or pending rows, {first}",
        paths.ledger.display()
    );
    output.emit(
        &Message::warn("taken_over", text)
            .with("copied", copied)
            .with("uncertain", uncertain)
            .with("to_send", to_send),
    );
}
