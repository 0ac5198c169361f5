//! `check --json`: what a check found, as one JSON object (`docs/check.schema.json`).

use std::path::Path;

use serde_json::{Map, Value, json};

use super::example;
use crate::cli::next_command::path_argument;
use crate::cli::settings::{Check, TypedCommand, is_standard_input};
use crate::cli::{CommandContext, Endpoint, Exit, Failure, Message, Output, print};
use crate::ledger::{Ledger, Occurrences, PlanSummary};
use crate::manifest::{Format, InputFile, Problems};

/// The version of the object: a member that goes or changes its meaning makes a new one.
const VERSION: u64 = 1;

/// Warnings whose content stands elsewhere in the object.
const SAID_ELSEWHERE: [&str; 2] = ["invalid", "over_limit"];

/// What a check found.
pub struct CheckResult<'a> {
    /// The list or report.
    pub file: &'a InputFile,
    /// The ledger, with what is planned in it.
    pub ledger: &'a Ledger,
    /// What is planned.
    pub plan: &'a PlanSummary,
    /// The rows of a list; none for a report.
    pub rows: Option<u64>,
    /// How many rows a report corrects.
    pub corrected: Option<usize>,
    /// Rows that fail for their values, and what is wrong with them.
    pub invalid: (u64, &'a Problems),
}

impl CheckResult<'_> {
    /// Prints it, with how the check ends, and the next command if there is one.
    ///
    /// # Errors
    /// When standard output can't be written or the ledger can't be read.
    pub fn print(&self, exit: Exit, next: Option<String>, output: &Output) -> Result<(), Failure> {
        let plan = self.plan;
        let repeated = plan
            .repeated
            .iter()
            .map(|one| json!({"address": one.address, "copies": one.copies, "rows": one.rows}));
        let example = self.ledger.planned_jobs(1)?;
        let (invalid, problems) = self.invalid;
        let problems = problems.listed().into_iter().map(|problem| {
            let place = json!(problem.line);
            of_problem(
                &problem.text,
                place,
                problem.rows,
                self.file.format() == Format::Csv,
            )
        });
        let known = json!({
            "rows": self.rows,
            "corrected": self.corrected,
            "would_send": {
                "sessions": plan.sessions,
                "sources": plan.sources,
                "people": plan.people,
                "inviting": plan.inviting,
                "without_signers": plan.without_signers,
            },
            "repeated_addresses": {
                "addresses": plan.repeated_addresses,
                "listed": repeated.collect::<Vec<_>>(),
            },
            "invalid": {"rows": invalid, "problems": problems.collect::<Vec<_>>()},
            "excluded": left_out(&plan.excluded),
            "over_limit": left_out(&plan.over_limit),
            "example": example.first().map(example::value),
            "next": next,
        });
        print(object(self.file.path(), exit, &[], known, output))
    }
}

/// The object of a check that failed.
pub fn refused(file: &Path, failure: &Failure, output: &Output) -> String {
    let problems = failure.problem_messages.iter().map(|message| {
        let (field, is_line) = match message.field("record") {
            Some(record) => (record, false),
            None => (message.field("line").unwrap_or(&Value::Null), true),
        };
        let rows = message.field("rows").and_then(Value::as_u64).unwrap_or(1);
        of_problem(message.text(), field.clone(), rows, is_line)
    });
    let mut problems: Vec<Value> = problems.collect();
    if problems.is_empty() {
        problems.push(of_problem(&failure.text, Value::Null, 1, true));
    }
    object(file, failure.exit, &problems, json!({}), output)
}

/// One object on one line, with `known` for what is not known otherwise.
pub fn object(
    file: &Path,
    exit: Exit,
    problems: &[Value],
    mut known: Value,
    output: &Output,
) -> String {
    let mut object = json!({
        "version": VERSION,
        "file": file.to_string_lossy(),
        "exit_code": exit.code(),
        "rows": null,
        "corrected": null,
        "would_send": null,
        "repeated_addresses": null,
        "invalid": null,
        "excluded": null,
        "over_limit": null,
        "problems": problems,
        "warnings": warnings(output),
        "example": null,
        "next": null,
    });
    for (name, value) in known.as_object_mut().into_iter().flatten() {
        object[name.as_str()] = value.take();
    }
    format!("{object}\n")
}

/// A problem with its place: a line, or the number of a JSON record.
fn of_problem(text: &str, place: Value, rows: u64, is_line: bool) -> Value {
    let (line, record) = match is_line {
        true => (place, Value::Null),
        false => (Value::Null, place),
    };
    json!({"line": line, "record": record, "column": column_of(text), "text": text, "rows": rows})
}

/// The column that a problem begins with: `column NAME: ...`, or `signers[0].email: ...` of a record.
fn column_of(text: &str) -> Option<&str> {
    let (start, _) = text.split_once(": ")?;
    match start.strip_prefix("column ") {
        Some(column) => Some(column),
        None => (!start.contains([' ', '\''])).then_some(start),
    }
}

fn left_out(rows: &Occurrences) -> Value {
    let example = Some(&rows.example).filter(|_| rows.count > 0);
    json!({"rows": rows.count, "first": rows.first, "example": example})
}

fn warnings(output: &Output) -> Vec<Value> {
    let warnings = output.recorded().into_iter();
    let warnings = warnings.filter(|one| !SAID_ELSEWHERE.contains(&one.event()));
    warnings.map(|one| of_warning(&one)).collect()
}

fn of_warning(message: &Message) -> Value {
    let text = message.text();
    let text = text.strip_prefix("warning: ").unwrap_or(text);
    let fields: Map<String, Value> = message.fields().clone();
    json!({"kind": message.event(), "text": text, "fields": fields})
}

/// The command that sends what was checked: `name` is `run` or `retry`.
pub fn next_command(
    name: &str,
    check: &Check,
    endpoint: Option<&Endpoint>,
    command: CommandContext<'_>,
) -> Option<String> {
    if is_standard_input(&check.path) {
        return None;
    }
    let environment = command.environment;
    let mut next = TypedCommand::new(name, path_argument(&check.path));
    if let Some(typed) = TypedCommand::parse(&environment.arguments) {
        match name {
            "run" => next.take_flags_of_list(&typed),
            _ => next.take_flags_of_retry(&typed),
        }
    }
    // Without a service, the next step is a rehearsal.
    next.add(
        "endpoint",
        endpoint.map_or("sandbox".into(), Endpoint::argument),
    );
    if let Some(username) = &check.username {
        next.add("username", username.as_str());
    }
    if let Some(ledger) = &check.ledger {
        next.add("ledger", path_argument(ledger));
    }
    Some(environment.command_line(next.words()))
}
