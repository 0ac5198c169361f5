//! What is about to be sent, gone through once before the first request: what refuses it, what is worth
//! a second look, and how much it is.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rusqlite::{Connection, TransactionBehavior};

use super::view::{fields_of, unreadable};
use super::{Ledger, LedgerError, Refusal, Remedy};
use crate::job::{
    Column, CopyRequest, FieldProblem, Fields, HeaderNames, RowWarning, SignerColumn,
    expires_on_problem, row_warnings, text_problems,
};

/// How a plan is summarised.
#[derive(Debug, Clone, Copy)]
pub struct PlanOptions<'a> {
    /// The manifest whose lines are named, for rows that no report names.
    pub manifest: &'a str,
    /// For limits that depend on it.
    pub today: Date,
    /// The sessions' owner.
    pub username: Option<&'a str>,
    /// At most so many rows are sent.
    pub limit: Option<u64>,
    /// Rows that can't be sent become failed, instead of refusing the list.
    pub skip_invalid: bool,
}

/// What is about to be sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanSummary {
    /// Copies, as many as the limit lets through.
    pub sessions: u64,
    /// Sessions that they are copies of.
    pub sources: u64,
    /// People whom they reach, by address, or by the id that a source gives them.
    pub people: u64,
    /// Addresses that several copies reach.
    pub repeated_addresses: u64,
    /// How many copies reach the address that most reach.
    pub most_per_address: u64,
    /// Copies with invites.
    pub inviting: u64,
    /// Copies that name no signer.
    pub without_signers: u64,
    /// Rows that became failed, because they can't be sent.
    pub invalid: u64,
    /// What is worth a second look.
    pub suspicions: BTreeMap<RowWarning, Occurrences>,
}

/// Where something was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Occurrences {
    /// How often.
    pub count: u64,
    /// The first places: lines, or records' numbers.
    pub first: Vec<u64>,
    /// The first text.
    pub example: String,
}

/// So many places are named.
const PLACES: usize = 3;

/// A planned row that can't be sent.
struct Unsendable {
    row: i64,
    line: Option<u64>,
    texts: Vec<String>,
}

impl Ledger {
    /// Goes through the planned rows. They were judged when they were imported, but maybe by an
    /// earlier version, or on another day. With `skip_invalid` those that can't be sent become failed
    /// and leave the plan.
    ///
    /// # Errors
    /// The inner error: rows that can't be sent. The outer one: SQLite failed.
    pub fn summarise_plan(
        &mut self,
        options: &PlanOptions<'_>,
    ) -> Result<Result<PlanSummary, Vec<Refusal>>, LedgerError> {
        let headers = HeaderNames::new(self.columns()?);
        let mut pass = Pass {
            options,
            headers,
            summary: PlanSummary::default(),
            unsendable: Vec::new(),
            constant_texts: BTreeSet::new(),
            last_source: String::new(),
        };
        self.connection.execute_batch(
            "PRAGMA temp_store = FILE;
             DROP TABLE IF EXISTS temp.reached;
             CREATE TEMP TABLE reached (kind INTEGER, who TEXT, times INTEGER NOT NULL,
                PRIMARY KEY (kind, who)) STRICT, WITHOUT ROWID;",
        )?;
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        pass.go_through(&transaction)?;
        let refusals = pass.refusals();
        if !refusals.is_empty() {
            return Ok(Err(refusals));
        }
        for unsendable in &pass.unsendable {
            fail_as_invalid(&transaction, unsendable)?;
        }
        let mut summary = pass.summary;
        summary.invalid = pass.unsendable.len() as u64;
        count_reached(&transaction, &mut summary)?;
        transaction.commit()?;
        self.connection
            .execute_batch("DROP TABLE IF EXISTS temp.reached")?;
        Ok(Ok(summary))
    }
}

struct Pass<'a> {
    options: &'a PlanOptions<'a>,
    headers: HeaderNames,
    summary: PlanSummary,
    unsendable: Vec<Unsendable>,
    constant_texts: BTreeSet<String>,
    last_source: String,
}

impl Pass<'_> {
    fn go_through(&mut self, connection: &Connection) -> Result<(), LedgerError> {
        let sql = "SELECT count(*) FROM sqlite_temp_schema WHERE name = 'reported'";
        let has_report: bool = connection.query_row(sql, [], |row| row.get(0))?;
        let in_list = "(SELECT min(line) FROM records WHERE records.row = rows.id
                AND records.manifest = (SELECT id FROM manifests WHERE name = ?1))";
        let line = match has_report {
            true => format!(
                "coalesce((SELECT line FROM reported WHERE reported.row = rows.id), {in_list})"
            ),
            false => in_list.to_owned(),
        };
        let sql = format!(
            "SELECT rows.id, rows.fields, rows.constants, {line}
             FROM work JOIN rows ON rows.id = work.row ORDER BY work.position"
        );
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query([self.options.manifest])?;
        while let Some(row) = rows.next()? {
            let fields = fields_of(&row.get::<_, String>(1)?)?;
            let constants: String = row.get(2)?;
            let line: Option<u64> = row.get(3)?;
            match CopyRequest::from_fields(&fields) {
                Ok(request) => {
                    let problems = self.newer_problems(&fields, &request);
                    if problems.is_empty() {
                        self.count(connection, &fields, &request, line)?;
                    } else {
                        self.refuse(row.get(0)?, line, problems, &constants)?;
                    }
                }
                Err(problems) => self.refuse(row.get(0)?, line, problems, &constants)?,
            }
        }
        Ok(())
    }

    /// What is well formed, and can't be sent today or by the rules of this version.
    fn newer_problems(&self, fields: &Fields, request: &CopyRequest) -> Vec<FieldProblem> {
        let mut problems = text_problems(fields, &self.headers);
        let late = request
            .expires_on()
            .and_then(|day| expires_on_problem(day, self.options.today));
        problems.extend(late.map(|text| FieldProblem {
            column: Column::ExpiresOn,
            text,
        }));
        problems
    }

    fn refuse(
        &mut self,
        row: i64,
        line: Option<u64>,
        problems: Vec<FieldProblem>,
        constants: &str,
    ) -> Result<(), LedgerError> {
        let constants: Vec<String> =
            serde_json::from_str(constants).map_err(|error| unreadable(&error.to_string()))?;
        let mut texts = Vec::new();
        for FieldProblem { column, text } in problems {
            let is_constant = constants.contains(&column.to_string());
            if is_constant && !self.options.skip_invalid {
                self.constant_texts
                    .insert(format!("--set {column}: {text}"));
            } else {
                texts.push(format!("column {column}: {text}"));
            }
        }
        if !texts.is_empty() {
            self.unsendable.push(Unsendable { row, line, texts });
        }
        Ok(())
    }

    fn refusals(&self) -> Vec<Refusal> {
        if self.options.skip_invalid {
            return Vec::new();
        }
        let refusal = |line: Option<u64>, text: &String| Refusal {
            line,
            text: text.clone(),
            remedy: Remedy::Correct,
        };
        let constants = self.constant_texts.iter();
        let constants = constants.map(|text| refusal(None, text));
        let cells = self.unsendable.iter().flat_map(|one| {
            let texts = one.texts.iter();
            texts.map(move |text| refusal(one.line, text))
        });
        constants.chain(cells).collect()
    }

    fn count(
        &mut self,
        connection: &Connection,
        fields: &Fields,
        request: &CopyRequest,
        line: Option<u64>,
    ) -> Result<(), LedgerError> {
        let suspicions = &mut self.summary.suspicions;
        row_warnings(fields, request, self.options.username, |kind, text| {
            let occurrences = suspicions.entry(kind).or_default();
            if occurrences.count == 0 {
                text.clone_into(&mut occurrences.example);
            }
            occurrences.count += 1;
            if occurrences.first.len() < PLACES && occurrences.first.last() != line.as_ref() {
                occurrences.first.extend(line);
            }
        });
        if self
            .options
            .limit
            .is_some_and(|limit| self.summary.sessions >= limit)
        {
            return Ok(());
        }
        self.summary.sessions += 1;
        self.summary.inviting += u64::from(request.sends_invites());
        self.summary.without_signers += u64::from(request.signers.is_empty());
        let mut reach = connection.prepare_cached(
            "INSERT INTO reached (kind, who, times) VALUES (?1, ?2, 1)
             ON CONFLICT DO UPDATE SET times = times + 1",
        )?;
        let source = request.source.to_string();
        if source != self.last_source {
            reach.execute((Kind::Source as i64, &source))?;
        }
        let mut people = BTreeSet::new();
        for signer in &request.signers {
            match (
                signer.text(&SignerColumn::Email),
                signer.text(&SignerColumn::Id),
            ) {
                (Some(email), _) => people.insert((Kind::Address as i64, email.to_lowercase())),
                // Whom the source knows by it.
                (None, Some(id)) => people.insert((Kind::Id as i64, format!("{source} {id}"))),
                (None, None) => false,
            };
        }
        for person in people {
            reach.execute(person)?;
        }
        self.last_source = source;
        Ok(())
    }
}

/// Who or what copies reach.
#[derive(Clone, Copy)]
enum Kind {
    Source = 0,
    Id = 1,
    Address = 2,
}

fn count_reached(connection: &Connection, summary: &mut PlanSummary) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(
        "SELECT kind, count(*), count(*) FILTER (WHERE times > 1), max(times)
         FROM reached GROUP BY kind",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let kind: i64 = row.get(0)?;
        let count: u64 = row.get(1)?;
        if kind == Kind::Source as i64 {
            summary.sources = count;
            continue;
        }
        summary.people += count;
        if kind == Kind::Address as i64 {
            summary.repeated_addresses = row.get(2)?;
            summary.most_per_address = row.get(3)?;
        }
    }
    Ok(())
}

fn fail_as_invalid(connection: &Connection, unsendable: &Unsendable) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE rows SET status = 'failed', error_class = 'invalid', error = ?2 WHERE id = ?1",
        (unsendable.row, unsendable.texts.join("; ")),
    )?;
    connection.execute("DELETE FROM work WHERE row = ?1", [unsendable.row])?;
    Ok(())
}
