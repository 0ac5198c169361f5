//! `check` of a manifest.

use std::path::{Path, PathBuf};

use super::estimate::emit_estimate;
use super::json::{CheckResult, next_command};
use super::online::check_online;
use super::rehearsal::rehearse;
use super::request_bodies::print_bodies;
use super::temporary_ledger::{begin_unnamed, copy_of};
use crate::cli::commands::shared::{ManifestImport, messages, other_ledgers, plan};
use crate::cli::credentials;
use crate::cli::settings::{Check, CheckedManifest, is_standard_input};
use crate::cli::{CommandContext, Endpoint, Exit, Failure, Message, Output, Paths, today};
use crate::job::{Column, CopyRequest, Exclusion, Record, TransactionId};
use crate::ledger::{Ledger, OtherLedgers, PlanOptions, PlanSummary, View};
use crate::manifest::ReadSummary;
use crate::request::copy_body;
use crate::support::{TemporaryFolder, counted, one_line};

/// `check MANIFEST`: read and validate everything, send nothing. The file is imported into a ledger that
/// is thrown away, so that it is judged by the very code that `run` uses.
pub fn check_manifest(
    settings: &CheckedManifest,
    command: CommandContext<'_>,
) -> Result<Exit, Failure> {
    let (output, check, reading) = (command.output, &settings.check, &settings.reading);
    if matches!(&settings.online, Some((endpoint, _)) if *endpoint != Endpoint::Sandbox) {
        credentials::read(command.environment)?;
    }
    let manifest = reading.open(&check.path)?;
    let others = others(check);
    let import = ManifestImport {
        output,
        manifest: &manifest,
        reading,
        others: others.as_ref(),
    };
    let mut preview = Preview {
        wanted: check.show,
        excluded: reading.import.exclusion.as_deref(),
        ..Preview::default()
    };
    let fill = |ledger: &mut Ledger| import.import(ledger, |record| preview.add(record));
    let folder = TemporaryFolder::new()?;
    let path = folder.path().join("check.ledger");
    let job_ledger = job_ledger(check);
    let (mut ledger, summary) = temporary_ledger(check, job_ledger.as_deref(), &path, fill)?;
    if let Some(others) = &others {
        others.end_turn();
    }
    let name = manifest.name();
    ledger.plan_manifest(&name)?;
    let options = PlanOptions {
        manifest: &name,
        today: today(),
        username: check.username.as_deref(),
        limit: None,
        skip_invalid: reading.import.skip_invalid,
        max_per_address: reading.import.max_per_address,
    };
    let plan = plan::summarise(output, &manifest, &mut ledger, &options)?;
    for line in messages::problem_lines(&manifest, &summary.let_through) {
        output.emit(&Message::warn("invalid", line));
    }
    preview.print(output)?;
    report_other_columns(output, &path, summary.mapped_from.as_deref())?;
    report_ambiguous_rows(output, &ledger)?;
    let planned = ledger.planned()?;
    output.emit(&checked(check, &summary, planned, &plan));
    match &job_ledger {
        Some(job_ledger) => report_ledger_counts(output, &path, &name, job_ledger)?,
        None => report_uncounted_ledgers(check, output),
    }
    emit_estimate(check, planned, command);
    output.emit(&Message::info("invites", preview.note_on_invites(planned)));
    rehearse(output, &manifest, &ledger, &plan)?;
    let result = CheckResult {
        file: &manifest,
        ledger: &ledger,
        plan: &plan,
        rows: Some(summary.records),
        corrected: None,
        invalid: (summary.invalid + plan.invalid, &summary.let_through),
    };
    end(settings, command, &result)
}

/// Asks the service, if it is to be asked, and says what a run would send.
fn end(
    settings: &CheckedManifest,
    command: CommandContext<'_>,
    result: &CheckResult<'_>,
) -> Result<Exit, Failure> {
    let (check, online) = (&settings.check, settings.online.as_ref());
    let exit = online.map_or(Ok(Exit::Done), |(endpoint, service)| {
        check_online(endpoint, service, command, result.file, result.ledger)
    });
    plan::emit(command.output, result.plan);
    let exit = exit?;
    if check.json {
        let next = || next_command("run", check, check.endpoint.as_ref(), command);
        let is_next = exit == Exit::Done && result.plan.sessions > 0;
        let next = is_next.then(next).flatten();
        result.print(exit, next, command.output)?;
    }
    Ok(exit)
}

/// The ledgers that may have sent the list under another name, if an endpoint says which.
fn others(check: &Check) -> Option<OtherLedgers> {
    let endpoint = check.endpoint.as_ref()?;
    let ledger = check.ledger.as_deref();
    let own = Paths::of_manifest(&check.path, endpoint, ledger, None).ledger;
    other_ledgers(endpoint, &own, &check.path)
}

/// A ledger to throw away, with the manifest imported: a copy of the job's own, or a new one.
fn temporary_ledger(
    check: &Check,
    job_ledger: Option<&Path>,
    path: &Path,
    fill: impl FnOnce(&mut Ledger) -> Result<ReadSummary, Failure>,
) -> Result<(Ledger, ReadSummary), Failure> {
    let Some(job_ledger) = job_ledger else {
        return begin_unnamed(path, fill);
    };
    let mut ledger = copy_of(job_ledger, check.endpoint.as_ref(), path)?;
    let summary = fill(&mut ledger)?;
    Ok((ledger, summary))
}

fn checked(check: &Check, summary: &ReadSummary, planned: u64, plan: &PlanSummary) -> Message {
    let invalid = summary.invalid + plan.invalid + plan.over_limit.count;
    let excluded = match plan.excluded.count {
        0 => String::new(),
        count => format!(", {count} excluded"),
    };
    let text = format!(
        "{}: {}: {planned} can be sent, {invalid} invalid{excluded}; nothing was sent",
        check.path.display(),
        counted(summary.records, "row")
    );
    let checked = Message::info("checked", text).with("rows", summary.records);
    let checked = checked.with("good", planned).with("invalid", invalid);
    checked.with("excluded", plan.excluded.count)
}

/// The ledger that `run` would go on with, if a flag says which and it exists. Each rehearsal
/// begins afresh.
fn job_ledger(check: &Check) -> Option<PathBuf> {
    let ledger = match (&check.endpoint, &check.ledger) {
        (Some(Endpoint::Sandbox), _) | (None, None) => return None,
        (Some(_), None) if is_standard_input(&check.path) => return None,
        (None, Some(ledger)) => ledger.clone(),
        (Some(endpoint), ledger) => {
            Paths::of_manifest(&check.path, endpoint, ledger.as_deref(), None).ledger
        }
    };
    ledger.exists().then_some(ledger)
}

/// Without an endpoint, nobody knows which ledger is meant, and what it has sent is not counted.
fn report_uncounted_ledgers(check: &Check, output: &Output) {
    if check.endpoint.is_some() || check.ledger.is_some() || is_standard_input(&check.path) {
        return;
    }
    let [real, stage, _] = Paths::ledgers_of(&check.path);
    for ledger in [real, stage].into_iter().filter(|ledger| ledger.exists()) {
        let text = format!(
            "rows that {} has already sent are not left out: add --endpoint, or --ledger, for that",
            ledger.display()
        );
        output.emit(&Message::info("not_counted", text));
    }
}

/// The counts of the manifest's rows in the job's ledger.
fn report_ledger_counts(
    output: &Output,
    copy: &Path,
    name: &str,
    ledger: &Path,
) -> Result<(), Failure> {
    let view = View::open(copy)?;
    let counts = view.counts_of(name)?;
    let text = format!("with what {} has already done: {counts}", ledger.display());
    output.emit(&Message::info("known", text));
    Ok(())
}

/// What is remembered of the records as they stream by.
#[derive(Default)]
struct Preview<'a> {
    /// Who gets no copy.
    excluded: Option<&'a Exclusion>,
    bodies: Vec<Vec<u8>>,
    wanted: u64,
    inviting: u64,
}

impl Preview<'_> {
    fn add(&mut self, record: &Record) {
        if self.excluded.is_some_and(|list| list.holds(&record.fields)) {
            return;
        }
        let Ok(request) = CopyRequest::from_fields(&record.fields) else {
            return;
        };
        self.inviting += u64::from(request.sends_invites());
        if (self.bodies.len() as u64) < self.wanted {
            // The real default is made from the ledger's random id.
            let row_id = record
                .row_id
                .clone()
                .unwrap_or_else(|| record.hash.row_id());
            let example = TransactionId::generated("example", &row_id);
            let transaction_id = request.transaction_id.as_ref().unwrap_or(&example);
            self.bodies.push(copy_body(&request, transaction_id));
        }
    }

    fn print(&self, output: &Output) -> Result<(), Failure> {
        print_bodies(&self.bodies)?;
        if !self.bodies.is_empty() {
            let text =
                "transaction ids that are not in the list are examples: each ledger makes its own";
            output.emit(&Message::info("examples", text));
        }
        Ok(())
    }

    fn note_on_invites(&self, planned: u64) -> String {
        let (inviting, rows) = (self.inviting, counted(planned, "row"));
        if inviting == 0 {
            return "copies are probably drafts, and invites are off: nobody gets an e-mail when they \
                    are started"
                .into();
        }
        format!(
            "copies are probably drafts; send_signer_invites is true for {inviting} of {rows}: their \
             signers get an e-mail when these are started"
        )
    }
}

/// A column that is only kept may be one whose name the user thought was known. `used` are those that a
/// mapping takes cells of.
fn report_other_columns(
    output: &Output,
    ledger: &Path,
    used: Option<&[String]>,
) -> Result<(), Failure> {
    let manifests = View::open(ledger)?.manifests()?;
    let columns = manifests.iter().flat_map(|manifest| &manifest.columns);
    let others: Vec<&str> = columns
        .filter(|name| name.parse::<Column>().is_err())
        .filter(|name| used.is_none_or(|used| !used.contains(name)))
        .map(String::as_str)
        .collect();
    if others.is_empty() {
        return Ok(());
    }
    let others = others.join(", ");
    let what = match used {
        None => "are not sent",
        Some(_) => "the mapping doesn't use",
    };
    let text = format!("columns that {what}, and only kept for the report: {others}");
    output.emit(&Message::info("other_columns", one_line(&text, 1000)));
    Ok(())
}

fn report_ambiguous_rows(output: &Output, ledger: &Ledger) -> Result<(), Failure> {
    for (transaction_id, count) in ledger.indistinct_rows()? {
        output.emit(&messages::warning(&format!(
            "{count} rows share the transaction id '{transaction_id}' and their title; if \
             one of them becomes uncertain, a look-up can't tell which one was copied"
        )));
    }
    Ok(())
}
