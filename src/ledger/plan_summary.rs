//! What is about to be sent, gone through once before the first request: what refuses it, what is worth
//! a second look, and how much it is.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rusqlite::Connection;

use super::import::{CREATE_REPORTED, ConstantProblems, read_request, require_none};
use super::sql_types::{Statements, constants, fields};
use super::{ImportError, Ledger, LedgerError, Refusal};
use crate::job::{
    Column, CopyRequest, FieldProblem, Fields, HeaderNames, RowWarning, SessionId, SignerColumn,
    row_warnings,
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

/// Whom and what copies reach, and how often.
const CREATE_REACHED: &str = "
    PRAGMA temp_store = FILE;
    DROP TABLE IF EXISTS temp.reached;
    CREATE TEMP TABLE reached (kind TEXT, who TEXT, times INTEGER NOT NULL,
        PRIMARY KEY (kind, who)) STRICT, WITHOUT ROWID;";

const PLANNED: &str = "
    SELECT rows.id, rows.fields, rows.constants, coalesce(
        (SELECT line FROM reported WHERE reported.row = rows.id),
        (SELECT min(line) FROM records WHERE records.row = rows.id
            AND records.manifest = (SELECT id FROM manifests WHERE name = ?1))) AS line
    FROM work JOIN rows ON rows.id = work.row ORDER BY work.position";

impl Ledger {
    /// Goes through the planned rows. They were judged when they were imported, but maybe by an
    /// earlier version, or on another day. With `skip_invalid` those that can't be sent become failed
    /// and leave the plan.
    ///
    /// # Errors
    /// Rows that can't be sent, or when SQLite failed.
    pub fn summarise_plan(
        &mut self,
        options: &PlanOptions<'_>,
    ) -> Result<PlanSummary, ImportError> {
        let mut pass = Pass {
            options,
            headers: HeaderNames::new(self.columns()?),
            summary: PlanSummary::default(),
            refusals: Vec::new(),
            invalid: Vec::new(),
            constant_problems: ConstantProblems::default(),
            last_source: None,
        };
        self.connection
            .execute_batch(&[CREATE_REACHED, CREATE_REPORTED].concat())?;
        let transaction = self.transaction()?;
        pass.read_plan(&transaction)?;
        let constants = pass.constant_problems.refusals();
        require_none(constants.chain(pass.refusals).collect())?;
        for (row, problem) in &pass.invalid {
            transaction.execute(
                "UPDATE rows SET status = 'failed', error_class = 'invalid', error = ?2
                 WHERE id = ?1",
                (row, problem),
            )?;
            transaction.execute("DELETE FROM work WHERE row = ?1", [row])?;
        }
        let mut summary = pass.summary;
        summary.invalid = pass.invalid.len() as u64;
        count_reached(&transaction, &mut summary)?;
        transaction.execute_batch("DROP TABLE temp.reached")?;
        transaction.commit()?;
        Ok(summary)
    }
}

/// One pass over the planned rows.
struct Pass<'a> {
    options: &'a PlanOptions<'a>,
    headers: HeaderNames,
    summary: PlanSummary,
    refusals: Vec<Refusal>,
    /// Rows that become failed, with what is wrong with them.
    invalid: Vec<(i64, String)>,
    constant_problems: ConstantProblems,
    last_source: Option<SessionId>,
}

impl Pass<'_> {
    fn read_plan(&mut self, connection: &Connection) -> Result<(), LedgerError> {
        connection.each(PLANNED, [self.options.manifest], |row| {
            let fields = fields(row)?;
            let line: Option<u64> = row.get("line")?;
            match read_request(&fields, &self.headers, self.options.today) {
                Ok(request) => {
                    self.warn(&fields, &request, line);
                    self.count(connection, &request)?;
                }
                Err(problems) => {
                    self.refuse(row.get("id")?, line, problems, &constants(row)?);
                }
            }
            Ok(())
        })
    }

    fn refuse(
        &mut self,
        row: i64,
        line: Option<u64>,
        problems: Vec<FieldProblem>,
        constants: &[Column],
    ) {
        let skips = self.options.skip_invalid;
        let texts = self
            .constant_problems
            .sift(problems, |column| !skips && constants.contains(column));
        if skips {
            self.invalid.push((row, texts.join("; ")));
        } else {
            let texts = texts.into_iter();
            self.refusals
                .extend(texts.map(|text| Refusal::new(line, text)));
        }
    }

    fn warn(&mut self, fields: &Fields, request: &CopyRequest, line: Option<u64>) {
        row_warnings(fields, request, self.options.username, |kind, text| {
            let occurrences = self.summary.suspicions.entry(kind).or_default();
            if occurrences.count == 0 {
                text.clone_into(&mut occurrences.example);
            }
            occurrences.count += 1;
            if occurrences.first.len() < PLACES && occurrences.first.last() != line.as_ref() {
                occurrences.first.extend(line);
            }
        });
    }

    fn count(&mut self, connection: &Connection, request: &CopyRequest) -> rusqlite::Result<()> {
        let limit = self.options.limit;
        if limit.is_some_and(|limit| self.summary.sessions >= limit) {
            return Ok(());
        }
        self.summary.sessions += 1;
        self.summary.inviting += u64::from(request.sends_invites());
        self.summary.without_signers += u64::from(request.signers.is_empty());
        let source = request.source;
        let mut reached = BTreeSet::new();
        if self.last_source.replace(source) != Some(source) {
            reached.insert(("source", source.to_string()));
        }
        for signer in &request.signers {
            if let Some(email) = signer.text(&SignerColumn::Email) {
                reached.insert(("address", email.to_lowercase()));
            } else if let Some(id) = signer.text(&SignerColumn::Id) {
                // Whom the source knows by it.
                reached.insert(("id", format!("{source} {id}")));
            }
        }
        for one in reached {
            connection.change(
                "INSERT INTO reached (kind, who, times) VALUES (?1, ?2, 1)
                 ON CONFLICT DO UPDATE SET times = times + 1",
                one,
            )?;
        }
        Ok(())
    }
}

fn count_reached(connection: &Connection, summary: &mut PlanSummary) -> rusqlite::Result<()> {
    let sql = "SELECT count(*) FILTER (WHERE kind = 'source') AS sources,
            count(*) FILTER (WHERE kind <> 'source') AS people,
            count(*) FILTER (WHERE kind = 'address' AND times > 1) AS repeated,
            coalesce(max(times) FILTER (WHERE kind = 'address'), 0) AS most
         FROM reached";
    connection.query_row(sql, [], |row| {
        summary.sources = row.get("sources")?;
        summary.people = row.get("people")?;
        summary.repeated_addresses = row.get("repeated")?;
        summary.most_per_address = row.get("most")?;
        Ok(())
    })
}
