use std::path::{Path, PathBuf};

use crate::cli::args::CheckArgs;
use crate::cli::commands::check::estimate::tell_estimate;
use crate::cli::commands::check::online::{can_ask, check_online};
use crate::cli::commands::check::report::check_report;
use crate::cli::commands::check::request_bodies::print_bodies;
use crate::cli::commands::check::temporary_ledger::{begin_unnamed, copy_of};
use crate::cli::commands::run::ledger::{Reading, other_ledgers};
use crate::cli::commands::shared::messages;
use crate::cli::commands::shared::plan;
use crate::cli::context::{Context, today};
use crate::cli::endpoint::Endpoint;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{Message, Output};
use crate::cli::paths::Paths;
use crate::cli::settings::{is_standard_input, open_manifest, read_options};
use crate::job::{Column, CopyRequest, Record, TransactionId};
use crate::ledger::{Ledger, OtherLedgers, PlanOptions, View};
use crate::manifest::{Summary, has_report_header, is_collapsed_report};
use crate::request::copy_body;
use crate::support::{TemporaryFolder, counted, one_line};

/// `check`: read and validate everything, send nothing. The file is imported into a ledger that
/// is thrown away, so that it is judged by the very code that `run` and `retry` use.
pub fn check(args: &CheckArgs, context: &Context, output: &Output) -> Result<Exit, Failure> {
    let ending = args.manifest.extension().unwrap_or_default();
    let is_table = ["csv", "tsv", "txt"].map(|end| ending.eq_ignore_ascii_case(end));
    let is_file = is_table.contains(&true) && !is_standard_input(&args.manifest);
    if is_file && is_report(&args.manifest) {
        if args.online {
            return Err(Failure::usage("--online checks a manifest, not a report"));
        }
        return check_report(args, context, output);
    }
    if args.without_ledger {
        let path = args.manifest.display();
        let text = format!("--without-ledger is for a report; {path} is none");
        return Err(Failure::usage(text));
    }
    if args.online {
        can_ask(args, context).map(drop)?;
    }
    let options = read_options(&args.reading)?;
    let manifest = open_manifest(&args.manifest, &args.reading)?;
    let others = others(args)?;
    let reading = Reading {
        args: &args.reading,
        output,
        manifest: &manifest,
        options: &options,
        accept_changes: false,
        others: others.as_ref(),
    };
    let mut seen = Seen {
        shown: Vec::new(),
        wanted: args.show,
        inviting: 0,
    };
    let mut summary = Summary::default();
    let import = |ledger: &mut Ledger| {
        summary = reading.import(ledger, |record| seen.see(record))?;
        Ok::<(), Failure>(())
    };
    let folder = TemporaryFolder::new()?;
    let path = folder.path().join("check.ledger");
    let known = known_ledger(args)?;
    let mut ledger = imported(known.as_ref(), &path, import)?;
    if let Some(others) = &others {
        others.end_turn();
    }
    let planned = ledger.plan_manifest(&manifest.name())?;
    let plan = PlanOptions {
        manifest: &manifest.name(),
        today: today(),
        username: args.service.username.as_deref(),
        limit: None,
        skip_invalid: options.skip_invalid,
    };
    let plan = plan::summarise(output, &manifest, &mut ledger, &plan)?;
    for line in summary.let_through.lines(&|line| manifest.place(line)) {
        output.emit(&Message::warn("invalid", line));
    }
    seen.print(output)?;
    tell_other_columns(output, &path)?;
    tell_indistinct(output, &ledger)?;
    let planned = planned - plan.invalid;
    let invalid = summary.invalid + plan.invalid;
    let text = format!(
        "{}: {}: {planned} can be sent, {invalid} invalid; nothing was sent",
        args.manifest.display(),
        counted(summary.records, "row")
    );
    let checked = Message::info("checked", text).with("rows", summary.records);
    output.emit(&checked.with("good", planned).with("invalid", invalid));
    match &known {
        Some(known) => tell_known(output, &path, &manifest.name(), known)?,
        None => tell_ledgers(args, output),
    }
    tell_estimate(output, planned, &args.service, context);
    output.emit(&Message::info("invites", seen.note_on_invites(planned)));
    let exit = match args.online {
        true => check_online(args, context, output, &manifest, &ledger),
        false => Ok(Exit::Done),
    };
    plan::tell(output, &plan);
    exit
}

/// The ledgers that may have sent the list under another name, if an endpoint says which.
fn others(args: &CheckArgs) -> Result<Option<OtherLedgers>, Failure> {
    let Some(endpoint) = &args.endpoint else {
        return Ok(None);
    };
    let endpoint = Endpoint::parse(endpoint)?;
    let ledger = args.ledger.as_deref();
    let own = Paths::of_manifest(&args.manifest, &endpoint, ledger, None).ledger;
    Ok(other_ledgers(&endpoint, &own, &args.manifest))
}

/// Whether a file is a report, also one that a spreadsheet put into one column: then it is told what to
/// do about that.
fn is_report(path: &Path) -> bool {
    has_report_header(path).is_ok_and(|found| found == Some(true))
        || is_collapsed_report(path).is_ok_and(|found| found)
}

/// The ledger that `run` would go on with, if a flag tells which and it is there. Each rehearsal
/// begins afresh.
fn known_ledger(args: &CheckArgs) -> Result<Option<Known>, Failure> {
    let endpoint = args.endpoint.as_deref().map(Endpoint::parse).transpose()?;
    let has_place = args.ledger.is_some() || !is_standard_input(&args.manifest);
    let ledger = match (&endpoint, &args.ledger) {
        (Some(Endpoint::Sandbox), _) | (None, None) => return Ok(None),
        (None, Some(ledger)) => ledger.clone(),
        (Some(endpoint), ledger) => {
            Paths::of_manifest(&args.manifest, endpoint, ledger.as_deref(), None).ledger
        }
    };
    let known = Known {
        endpoint: endpoint.map(|endpoint| endpoint.identity()),
        ledger,
    };
    Ok((has_place && known.ledger.exists()).then_some(known))
}

/// A job's ledger as it stands.
struct Known {
    endpoint: Option<String>,
    ledger: PathBuf,
}

/// A ledger to throw away, with the manifest imported: a copy of the job's own, or a new one.
fn imported(
    known: Option<&Known>,
    path: &Path,
    import: impl FnOnce(&mut Ledger) -> Result<(), Failure>,
) -> Result<Ledger, Failure> {
    let Some(known) = known else {
        return begin_unnamed(path, import);
    };
    let mut ledger = copy_of(&known.ledger, known.endpoint.as_deref(), path)?;
    import(&mut ledger)?;
    Ok(ledger)
}

/// Without an endpoint, nobody knows which ledger is meant, and what it has sent is not counted.
fn tell_ledgers(args: &CheckArgs, output: &Output) {
    if args.endpoint.is_some() || args.ledger.is_some() || is_standard_input(&args.manifest) {
        return;
    }
    let [real, stage, _] = Paths::ledgers_of(&args.manifest);
    for ledger in [real, stage].into_iter().filter(|ledger| ledger.exists()) {
        let text = format!(
            "what {} has sent already is not counted: say --endpoint, or --ledger, for that",
            ledger.display()
        );
        output.emit(&Message::info("not_counted", text));
    }
}

/// How the manifest's rows stand in the job's ledger.
fn tell_known(output: &Output, copy: &Path, name: &str, known: &Known) -> Result<(), Failure> {
    let view = View::open(copy)?;
    let counts = view.counts_of(name)?;
    let text = format!("with what {} knows: {counts}", known.ledger.display());
    output.emit(&Message::info("known", text));
    Ok(())
}

/// What is remembered of the records as they stream by.
struct Seen {
    shown: Vec<Vec<u8>>,
    wanted: u64,
    inviting: u64,
}

impl Seen {
    fn see(&mut self, record: &Record) {
        let Ok(request) = CopyRequest::from_fields(&record.fields) else {
            return;
        };
        self.inviting += u64::from(request.sends_invites());
        if (self.shown.len() as u64) < self.wanted {
            // The real default is made from the ledger's random id.
            let row_id = record
                .row_id
                .clone()
                .unwrap_or_else(|| record.hash.row_id());
            let example = TransactionId::generated("example", &row_id);
            let transaction_id = request.transaction_id.as_ref().unwrap_or(&example);
            self.shown.push(copy_body(&request, transaction_id));
        }
    }

    fn print(&self, output: &Output) -> Result<(), Failure> {
        print_bodies(&self.shown)?;
        if !self.shown.is_empty() {
            let text = "transaction ids that the list does not give are examples: each ledger makes its own";
            output.emit(&Message::info("examples", text));
        }
        Ok(())
    }

    fn note_on_invites(&self, planned: u64) -> String {
        match self.inviting {
            0 => {
                "copies are probably drafts, and invites are off: starting them mails nobody".into()
            }
            inviting => format!(
                "copies are probably drafts; for {inviting} of {} send_signer_invites \
                 is true: starting those mails their signers",
                counted(planned, "row")
            ),
        }
    }
}

/// A column that is only kept may be one whose name the user thought was known.
fn tell_other_columns(output: &Output, ledger: &Path) -> Result<(), Failure> {
    let manifests = View::open(ledger)?.manifests()?;
    let columns = manifests.iter().flat_map(|manifest| &manifest.columns);
    let others: Vec<&str> = columns
        .filter(|name| name.parse::<Column>().is_err())
        .map(String::as_str)
        .collect();
    if others.is_empty() {
        return Ok(());
    }
    let text = format!(
        "columns that are kept for the report and not sent: {}",
        others.join(", ")
    );
    output.emit(&Message::info("other_columns", one_line(&text, 1000)));
    Ok(())
}

fn tell_indistinct(output: &Output, ledger: &Ledger) -> Result<(), Failure> {
    for (transaction_id, count) in ledger.indistinct_rows()? {
        output.emit(&messages::warning(&format!(
            "{count} rows share the transaction id '{transaction_id}' and their title; if \
             one of them becomes uncertain, a look-up can't tell which one was copied"
        )));
    }
    Ok(())
}
