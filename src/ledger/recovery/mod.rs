//! A report whose ledger is lost, taken over into a new one.

mod line;

use std::collections::HashSet;

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use super::import::names_json;
use super::plan::{lookalikes, sending, signers};
use super::{Ledger, LedgerError, ListColumns, Refusal, Remedy, dialect};
use crate::job::{
    Column, CopyRequest, ErrorClass, Fields, HeaderNames, Lookalike, ManifestFacts, Status,
    text_problems,
};
pub use line::ReportedRow;
use line::Standing;

/// How a report is taken over.
#[derive(Debug, Clone)]
pub struct RecoveryOptions {
    /// `--set` values, for empty cells of the rows that may be sent.
    pub constants: Fields,
    /// Rows with bad values become failed, instead of refusing the report.
    pub skip_invalid: bool,
    /// Whether failed and pending rows are looked up before they are sent. If not, the report is
    /// simply believed.
    pub looks_up: bool,
    /// For limits that depend on it.
    pub today: Date,
    /// The report's columns.
    pub columns: ListColumns,
    /// Rows may name no signer, and keep their source's.
    pub keep_source_signers: bool,
    /// Rows may look like one that is copied.
    pub accept_changes: bool,
}

/// A report on its way into a new ledger, as one transaction: dropped, it has done nothing.
pub struct Recovery<'a> {
    transaction: Transaction<'a>,
    options: RecoveryOptions,
    headers: HeaderNames,
    manifest: i64,
    refusals: Vec<Refusal>,
    taken: RecoverySummary,
}

/// What a report brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RecoverySummary {
    /// Rows that are copied.
    pub copied: u64,
    /// Rows that the report calls uncertain.
    pub uncertain: u64,
    /// Rows that the report calls failed or pending.
    pub to_send: u64,
}

impl Ledger {
    /// Starts to take a report over into this ledger, which is new and empty.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn recover(
        &mut self,
        facts: &ManifestFacts,
        options: RecoveryOptions,
        now: Timestamp,
    ) -> Result<Recovery<'_>, LedgerError> {
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        // An import of the manifest itself must tell rows that the report did not have.
        transaction.execute("INSERT INTO facts VALUES ('taken_over', ?1)", [&facts.name])?;
        let columns =
            serde_json::to_string(&options.columns.names).expect("a list of texts is JSON");
        transaction.execute(
            "INSERT INTO manifests (name, size, modified_at, sha256, options, columns, imported_at)
             VALUES (?1, ?2, ?3, ?4, '', ?5, ?6)",
            (
                &facts.name,
                facts.size,
                facts.modified.as_millisecond(),
                facts.sha256.as_slice(),
                columns,
                now.as_millisecond(),
            ),
        )?;
        let manifest = transaction.last_insert_rowid();
        dialect::record(&transaction, manifest, facts.dialect)?;
        Ok(Recovery {
            transaction,
            headers: HeaderNames::new(&options.columns.names),
            options,
            manifest,
            refusals: Vec::new(),
            taken: RecoverySummary::default(),
        })
    }
}

impl Recovery<'_> {
    /// Takes one line of the report.
    ///
    /// # Errors
    /// When SQLite fails. What is wrong with the line itself is kept for [`Recovery::finish`].
    pub fn add(&mut self, line: &ReportedRow) -> Result<(), LedgerError> {
        if !line.is_repeated {
            self.add_row(line)?;
        }
        // What the manifest said is not known: the cells may have been corrected since.
        self.transaction
            .prepare_cached(
                "INSERT INTO records (manifest, number, line, row, hash, other)
                 SELECT ?1, ?2, ?3, id, x'', ?4 FROM rows WHERE row_id = ?5",
            )?
            .execute((
                self.manifest,
                line.number,
                line.line,
                &line.other,
                line.row_id.as_str(),
            ))?;
        Ok(())
    }

    fn add_row(&mut self, line: &ReportedRow) -> Result<(), LedgerError> {
        let is_to_send = matches!(line.status, Status::Failed | Status::Pending);
        let (mut own, mut fields) = (line.fields.clone(), line.fields.clone());
        let mut constants = Vec::new();
        for (column, text) in self.options.constants.iter() {
            if is_to_send && own.text(column).is_none() {
                fields.set(column.clone(), text);
                constants.push(column.clone());
            }
        }
        // Ids that a ledger made are not the user's.
        if line.transaction_id.is_generated() {
            own.set(Column::TransactionId, "");
            fields.set(Column::TransactionId, "");
        }
        if !line.row_id.is_generated() {
            fields.set(Column::RowId, line.row_id.as_str());
        }
        let problem = match line.status {
            Status::Copied => None,
            _ if is_to_send => self.problem(&fields),
            _ => CopyRequest::problem(&fields, None),
        };
        if let Some(text) = &problem
            && !(is_to_send && self.options.skip_invalid)
        {
            self.refuse(line.line, text.clone());
        }
        let hash = own.content_hash(fields.text(&Column::SourceSessionId));
        let session = line.new_session_id.map(|id| id.to_string());
        let session = match self.refuse_duplicates(line, hash.as_bytes())? {
            true => session,
            false => None,
        };
        let standing = Standing::of(line, problem, self.options.looks_up);
        self.transaction
            .prepare_cached(
                "INSERT INTO rows (row_id, fields, constants, hash, audience, transaction_id,
                    expires_on, status, new_session_id, error_class, error, http_status, attempts,
                    first_sent_at, finished_at, lookalike)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
            )?
            .execute(rusqlite::params![
                line.row_id.as_str(),
                fields.to_json(),
                names_json(&constants),
                hash.as_bytes(),
                fields.audience().as_str(),
                line.transaction_id.as_str(),
                fields.text(&Column::ExpiresOn),
                standing.status,
                session,
                standing.error_class.map(ErrorClass::as_str),
                standing.error,
                line.http_status,
                line.attempts,
                line.first_sent_at.map(Timestamp::as_millisecond),
                line.finished_at.map(Timestamp::as_millisecond),
                Lookalike::of(&fields).as_ref().map(Lookalike::as_bytes),
            ])?;
        let row = self.transaction.last_insert_rowid();
        self.transaction
            .prepare_cached("INSERT INTO contents (hash, row) VALUES (?1, ?2)")?
            .execute((hash.as_bytes(), row))?;
        if standing.is_to_look_up {
            let sql = "INSERT INTO taken_over (row, error_class, error, http_status)
                       VALUES (?1, ?2, ?3, ?4)";
            let class = line.error_class.map(ErrorClass::as_str);
            self.transaction.prepare_cached(sql)?.execute((
                row,
                class,
                &line.error,
                line.http_status,
            ))?;
        }
        match line.status {
            Status::Copied => self.taken.copied += 1,
            Status::Uncertain => self.taken.uncertain += 1,
            Status::Failed | Status::Pending => self.taken.to_send += 1,
        }
        Ok(())
    }

    /// Why a row that may be sent can't be.
    fn problem(&self, fields: &Fields) -> Option<String> {
        let mut texts: Vec<String> = CopyRequest::problem(fields, Some(self.options.today))
            .into_iter()
            .collect();
        let flaws = text_problems(fields, &self.headers).into_iter();
        texts.extend(flaws.map(|flaw| format!("column {}: {}", flaw.column, flaw.text)));
        let has_signers = signers::has_signers(&self.options.columns);
        if has_signers && !self.options.keep_source_signers && !fields.names_signer() {
            texts.push(signers::EMPTY.into());
        }
        (!texts.is_empty()).then(|| texts.join("; "))
    }

    /// What refuses rows that may be sent beside the others.
    fn beside(&self) -> Result<Vec<Refusal>, LedgerError> {
        const PLACE: &str = "line";
        let (connection, options) = (&*self.transaction, &self.options);
        let keeps = options.keep_source_signers;
        let mut refusals = Vec::new();
        sending::find_taken_over(connection)?;
        if !keeps && !signers::has_signers(&options.columns) {
            signers::find_taken_over(connection)?;
            refusals.extend(signers::missing(connection, &options.columns, PLACE)?);
        }
        let advice = lookalikes::IN_REPORT;
        refusals.extend(lookalikes::among_sending(connection, PLACE, advice, keeps)?);
        if !options.accept_changes {
            refusals.extend(lookalikes::of_sent(connection, &HashSet::new())?);
        }
        Ok(refusals)
    }

    /// Two rows can't have one copy, nor an id that was made for one, and two rows without keys of
    /// their own can't say the same.
    /// Says whether the copy is the row's own.
    fn refuse_duplicates(&mut self, line: &ReportedRow, hash: &[u8]) -> Result<bool, LedgerError> {
        let mut is_own = true;
        if let Some(session) = line.new_session_id {
            let sql = "SELECT row_id FROM rows WHERE new_session_id = ?1";
            let owner = row_id(&self.transaction, sql, [session.to_string()])?;
            if let Some(owner) = owner {
                is_own = false;
                let text = format!(
                    "column new_session_id: {session} is the copy of row '{owner}' already; put \
                     back what the report had"
                );
                self.refuse(line.line, text);
            }
        }
        if line.transaction_id.is_generated() {
            let sql = "SELECT row_id FROM rows WHERE transaction_id = ?1 COLLATE NOCASE";
            let other = row_id(&self.transaction, sql, [line.transaction_id.as_str()])?;
            if let Some(other) = other {
                let text = format!(
                    "column transaction_id: '{}' was made for one row, and stands at row '{other}' \
                     too; put back what the report had",
                    line.transaction_id
                );
                self.refuse(line.line, text);
            }
        }
        let sql = "SELECT rows.row_id FROM contents JOIN rows ON rows.id = contents.row
                   WHERE contents.hash = ?1 LIMIT 1";
        let same = row_id(&self.transaction, sql, [hash])?;
        if let Some(same) = same
            && (line.row_id.is_generated() || same.starts_with("r1"))
        {
            let text = format!("this row says the same as row '{same}'; leave one of them out");
            self.refuse(line.line, text);
        }
        Ok(is_own)
    }

    fn refuse(&mut self, line: u64, text: String) {
        self.refusals.push(Refusal {
            line: Some(line),
            text,
            remedy: Remedy::Correct,
        });
    }

    /// Commits, unless something refuses the report.
    ///
    /// # Errors
    /// The inner error: what refuses it. The outer one: SQLite failed.
    pub fn finish(mut self) -> Result<Result<RecoverySummary, Vec<Refusal>>, LedgerError> {
        let sources: Vec<(u64, String)> = self
            .transaction
            .prepare(
                "SELECT min(records.line), rows.new_session_id
                 FROM rows JOIN records ON records.row = rows.id
                 WHERE rows.new_session_id IN (SELECT substr(audience, 1, 36) FROM rows)
                 GROUP BY rows.id ORDER BY 1",
            )?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (line, session) in sources {
            let text = format!(
                "column new_session_id: {session} is a source that is copied from, not a copy; put \
                 back what the report had"
            );
            self.refuse(line, text);
        }
        let beside = self.beside()?;
        self.refusals.extend(beside);
        if !self.refusals.is_empty() {
            return Ok(Err(self.refusals));
        }
        self.transaction.commit()?;
        Ok(Ok(self.taken))
    }
}

fn row_id(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> Result<Option<String>, LedgerError> {
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_row(parameters, |row| row.get(0));
    Ok(found.optional()?)
}
