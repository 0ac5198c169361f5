//! What is about to be sent, gone through once before the first request: what refuses it, what is worth
//! a second look, and how much it is.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rusqlite::Connection;

use super::address_limit::{self, AddressLimit};
use super::exclusion::ExcludedAddresses;
use super::import::{CREATE_REPORTED, ConstantProblems, read_request, require_none};
use super::plan_reached::{self, Reached, ReachedCounts, RepeatedAddress};
use super::plan_unsent::{self, Unsent};
use super::sql_types::{Statements, constants, fields};
use super::{ImportError, Ledger, LedgerError, Refusal};
use crate::job::{
    Column, CopyRequest, DomainSlips, FieldProblem, Fields, HeaderNames, RowWarning, SessionId,
    SignerColumn, canonical_address, is_role_account, row_warnings,
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
    /// Addresses that the own cells of several rows name, and not only constants.
    pub repeated_addresses: u64,
    /// How many rows name the address that most do.
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
    /// Domains that look like a slip for a common provider's, each with that one.
    pub mistyped_domains: BTreeMap<String, (&'static str, Occurrences)>,
    /// Addresses of the rows' own cells that are a role's, and no person's.
    pub role_accounts: Occurrences,
    /// Those of them that most rows name.
    pub repeated: Vec<RepeatedAddress>,
}

impl PlanSummary {
    fn take(&mut self, counts: ReachedCounts) {
        self.sources = counts.sources;
        self.people = counts.people;
        self.repeated_addresses = counts.repeated_addresses;
        self.most_per_address = counts.most_per_address;
    }
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

/// So many mistyped domains are kept apart.
const MAX_DOMAINS: usize = 20;

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

const PLANNED: &str = "
    SELECT rows.id, rows.fields, rows.constants, coalesce(
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
        plan_reached::create(&self.connection)?;
        self.connection.execute_batch(CREATE_REPORTED)?;
        let transaction = self.transaction()?;
        plan_unsent::create(&transaction)?;
        let most = address_limit::in_force(&transaction, options.max_per_address)?;
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
            slips: DomainSlips::default(),
        };
        pass.read_plan(&transaction)?;
        let constants = pass.constant_problems.refusals();
        require_none(constants.chain(pass.refusals).collect())?;
        let mut summary = pass.summary;
        plan_unsent::apply(&transaction)?;
        summary.take(plan_reached::counts(&transaction)?);
        summary.repeated = plan_reached::repeated(&transaction)?;
        plan_reached::drop(&transaction)?;
        transaction.commit()?;
        Ok(summary)
    }
}

/// A row of the plan.
struct PlannedRow {
    id: i64,
    line: Option<u64>,
    /// Its number in the list.
    number: Option<u64>,
    fields: Fields,
    constants: Vec<Column>,
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
    slips: DomainSlips,
}

impl Pass<'_> {
    fn read_plan(&mut self, connection: &Connection) -> Result<(), LedgerError> {
        connection.each(PLANNED, [self.options.manifest], |row| {
            let row = PlannedRow {
                id: row.get("id")?,
                line: row.get("line")?,
                number: row.get("number")?,
                fields: fields(row)?,
                constants: constants(row)?,
            };
            if let Some(problem) = self.excluded.problem(connection, &row.fields)? {
                self.summary.excluded.add(row.line, &problem);
                return Ok(plan_unsent::add(
                    connection,
                    row.id,
                    Unsent::Excluded,
                    &problem,
                )?);
            }
            let request = match read_request(&row.fields, &self.headers, self.options.today) {
                Ok(request) => request,
                Err(problems) => return Ok(self.refuse(connection, &row, problems)?),
            };
            if let Some(problem) = self.over_limit(connection, &row)? {
                self.summary.over_limit.add(row.line, &problem);
                return Ok(plan_unsent::add(
                    connection,
                    row.id,
                    Unsent::OverLimit,
                    &problem,
                )?);
            }
            self.warn(&request, &row);
            Ok(self.count(connection, &request, &row)?)
        })
    }

    fn over_limit(
        &self,
        connection: &Connection,
        row: &PlannedRow,
    ) -> rusqlite::Result<Option<String>> {
        let Some(limit) = &self.limit else {
            return Ok(None);
        };
        limit.problem(connection, &row.fields, &row.constants, row.number)
    }

    fn refuse(
        &mut self,
        connection: &Connection,
        row: &PlannedRow,
        problems: Vec<FieldProblem>,
    ) -> rusqlite::Result<()> {
        let skips = self.options.skip_invalid;
        let texts = self
            .constant_problems
            .sift(problems, |column| !skips && row.constants.contains(column));
        if skips {
            self.summary.invalid += 1;
            return plan_unsent::add(connection, row.id, Unsent::Invalid, &texts.join("; "));
        }
        let texts = texts.into_iter();
        self.refusals
            .extend(texts.map(|text| Refusal::new(row.line, text)));
        Ok(())
    }

    fn warn(&mut self, request: &CopyRequest, row: &PlannedRow) {
        let (fields, line) = (&row.fields, row.line);
        row_warnings(fields, request, self.options.username, |kind, text| {
            let occurrences = self.summary.suspicions.entry(kind).or_default();
            occurrences.add(line, text);
        });
        for (column, address) in fields.addresses() {
            let known = &mut self.summary.mistyped_domains;
            if let Some((domain, meant)) = self.slips.of(address)
                && (known.len() < MAX_DOMAINS || known.contains_key(&domain))
            {
                let (_, found) = known
                    .entry(domain)
                    .or_insert_with(|| (meant, Occurrences::default()));
                found.add(line, address);
            }
            let is_own = matches!(column, Column::Signer(..)) && !row.constants.contains(column);
            if is_own && is_role_account(address) {
                self.summary.role_accounts.add(line, address);
            }
        }
    }

    fn count(
        &mut self,
        connection: &Connection,
        request: &CopyRequest,
        row: &PlannedRow,
    ) -> rusqlite::Result<()> {
        let limit = self.options.limit;
        if limit.is_some_and(|limit| self.summary.sessions >= limit) {
            return Ok(());
        }
        self.summary.sessions += 1;
        self.summary.inviting += u64::from(request.sends_invites());
        self.summary.without_signers += u64::from(request.signers.is_empty());
        let source = request.source;
        let (mut reached, mut seen) = (Vec::new(), BTreeSet::new());
        if self.last_source.replace(source) != Some(source) {
            reached.push(Reached::Source(source.to_string()));
        }
        let emails = row.fields.addresses();
        for (column, email) in emails.filter(|(column, _)| **column != Column::CopyTo) {
            let who = canonical_address(email);
            if seen.insert(who.clone()) {
                let is_own = !row.constants.contains(column);
                reached.push(Reached::Address(who, is_own, email));
            }
        }
        for signer in &request.signers {
            if let (None, Some(id)) = (
                signer.text(&SignerColumn::Email),
                signer.text(&SignerColumn::Id),
            ) {
                // Whom the source knows by it.
                reached.push(Reached::Id(format!("{source} {id}")));
            }
        }
        for one in reached {
            plan_reached::add(connection, &one, row.number)?;
        }
        Ok(())
    }
}
