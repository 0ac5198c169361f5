//! What is about to be sent, gone through once before the first request: what refuses it, what is worth
//! a second look, and how much it is.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rusqlite::Connection;

use super::address_limit::AddressLimit;
use super::exclusion::ExcludedAddresses;
use super::import::{CREATE_REPORTED, ConstantProblems, read_request, require_none};
use super::plan_unsent::{self, Unsent};
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
    /// At most so many copies go to one address.
    pub max_per_address: Option<u64>,
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
    /// Rows that became failed, because one of their people is to get no copy.
    pub excluded: Occurrences,
    /// Rows that became failed, because one of their people has got enough.
    pub over_limit: Occurrences,
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

impl Occurrences {
    fn add(&mut self, line: Option<u64>, text: &str) {
        if self.count == 0 {
            text.clone_into(&mut self.example);
        }
        self.count += 1;
        if self.first.len() < PLACES && self.first.last() != line.as_ref() {
            self.first.extend(line);
        }
    }
}

/// Whom and what copies reach, and how often.
const CREATE_REACHED: &str = "
    PRAGMA temp_store = FILE;
    DROP TABLE IF EXISTS temp.reached;
    CREATE TEMP TABLE reached (kind TEXT, who TEXT, times INTEGER NOT NULL,
        PRIMARY KEY (kind, who)) STRICT, WITHOUT ROWID;";

const PLANNED: &str = "
    SELECT rows.id, rows.fields, rows.constants, rows.error, rows.is_over_limit, coalesce(
        (SELECT line FROM reported WHERE reported.row = rows.id),
        (SELECT min(line) FROM records WHERE records.row = rows.id
            AND records.manifest = (SELECT id FROM manifests WHERE name = ?1))) AS line,
        (SELECT min(number) FROM records WHERE records.row = rows.id
            AND records.manifest = (SELECT id FROM manifests WHERE name = ?1)) AS number
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
        let headers = HeaderNames::new(self.columns()?);
        self.connection
            .execute_batch(&[CREATE_REACHED, CREATE_REPORTED].concat())?;
        let transaction = self.transaction()?;
        plan_unsent::create(&transaction)?;
        let most = options.max_per_address;
        let begin = |most| AddressLimit::begin(&transaction, most, options.manifest);
        let mut pass = Pass {
            options,
            headers,
            excluded: ExcludedAddresses::of(&transaction)?,
            limit: most.map(begin).transpose()?,
            summary: PlanSummary::default(),
            refusals: Vec::new(),
            constant_problems: ConstantProblems::default(),
            last_source: None,
        };
        pass.read_plan(&transaction)?;
        let constants = pass.constant_problems.refusals();
        require_none(constants.chain(pass.refusals).collect())?;
        let mut summary = pass.summary;
        plan_unsent::apply(&transaction)?;
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
    excluded: ExcludedAddresses,
    limit: Option<AddressLimit>,
    summary: PlanSummary,
    refusals: Vec<Refusal>,
    constant_problems: ConstantProblems,
    last_source: Option<SessionId>,
}

impl Pass<'_> {
    fn read_plan(&mut self, connection: &Connection) -> Result<(), LedgerError> {
        connection.each(PLANNED, [self.options.manifest], |row| {
            let (fields, constants) = (fields(row)?, constants(row)?);
            let (id, line): (i64, Option<u64>) = (row.get("id")?, row.get("line")?);
            if let Some(problem) = self.excluded.problem(connection, &fields)? {
                self.summary.excluded.add(line, &problem);
                return Ok(plan_unsent::add(
                    connection,
                    id,
                    Unsent::Excluded,
                    &problem,
                )?);
            }
            let request = match read_request(&fields, &self.headers, self.options.today) {
                Ok(request) => request,
                Err(problems) => {
                    return Ok(self.refuse(connection, id, line, problems, &constants)?);
                }
            };
            let number = row.get("number")?;
            let over_limit = match &self.limit {
                Some(limit) => limit.problem(connection, &fields, &constants, number)?,
                // A run without the flag does not send what an earlier one held back.
                None if row.get::<_, Option<bool>>("is_over_limit")? == Some(true) => {
                    Some(row.get("error")?)
                }
                None => None,
            };
            if let Some(problem) = over_limit {
                self.summary.over_limit.add(line, &problem);
                return Ok(plan_unsent::add(
                    connection,
                    id,
                    Unsent::OverLimit,
                    &problem,
                )?);
            }
            self.warn(&fields, &request, line);
            Ok(self.count(connection, &request)?)
        })
    }

    fn refuse(
        &mut self,
        connection: &Connection,
        row: i64,
        line: Option<u64>,
        problems: Vec<FieldProblem>,
        constants: &[Column],
    ) -> rusqlite::Result<()> {
        let skips = self.options.skip_invalid;
        let texts = self
            .constant_problems
            .sift(problems, |column| !skips && constants.contains(column));
        if skips {
            self.summary.invalid += 1;
            return plan_unsent::add(connection, row, Unsent::Invalid, &texts.join("; "));
        }
        let texts = texts.into_iter();
        self.refusals
            .extend(texts.map(|text| Refusal::new(line, text)));
        Ok(())
    }

    fn warn(&mut self, fields: &Fields, request: &CopyRequest, line: Option<u64>) {
        row_warnings(fields, request, self.options.username, |kind, text| {
            let occurrences = self.summary.suspicions.entry(kind).or_default();
            occurrences.add(line, text);
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
