use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, Transaction, TransactionBehavior};

use super::import::names_json;
use super::run::create_work;
use super::{ImportOptions, Ledger, LedgerError, Refusal};
use crate::job::{Column, CopyRequest, Damage, Fields, RowId, SessionId};

/// One line of a report, as the user gives it back to `retry`.
#[derive(Debug, Clone)]
pub struct Correction {
    /// Where it stands in the report.
    pub line: u64,
    /// Which row it is.
    pub row_id: RowId,
    /// The known cells that the report has a column for; empty ones were emptied.
    pub cells: Vec<(Column, String)>,
    /// The session that the report calls the row's copy; empty for none.
    pub new_session_id: String,
    /// How the row stands, says the report.
    pub status: String,
}

/// A report on its way back into its ledger, as one transaction: the ledger's statuses, ids and
/// history win, and only content cells are taken. Dropped, it has done nothing.
pub struct Corrections<'a> {
    transaction: Transaction<'a>,
    constants: Fields,
    options: ImportOptions,
    refusals: Vec<Refusal>,
    changed: Vec<Changed>,
    ignored: Ignored,
    since: Ignored,
    sessions: Ignored,
}

/// Rows of which a report says something else than the ledger; the ledger wins.
#[derive(Debug, Clone, Default)]
pub struct Ignored {
    /// How many.
    pub count: u64,
    /// The first few of them: where they stand, and which rows they are.
    pub first: Vec<(u64, RowId)>,
}

/// How many ignored rows are remembered by name.
const NAMED: usize = 5;

/// What the ledger knows of a row that a report names.
struct Known {
    id: i64,
    status: String,
    fields: Fields,
    constants: Vec<Column>,
    transaction_id: String,
    new_session_id: String,
}

impl Ignored {
    fn add(&mut self, correction: &Correction) {
        self.count += 1;
        if self.first.len() < NAMED {
            let row = (correction.line, correction.row_id.clone());
            self.first.push(row);
        }
    }
}

impl Ledger {
    /// Starts to take a report back. `constants` are the `--set` values, for empty cells.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn correct(
        &mut self,
        constants: Fields,
        options: ImportOptions,
    ) -> Result<Corrections<'_>, LedgerError> {
        create_work(&self.connection)?;
        self.connection.execute_batch(
            "DROP TABLE IF EXISTS temp.reported;
             CREATE TEMP TABLE reported (row INTEGER PRIMARY KEY) STRICT;",
        )?;
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        let (refusals, changed) = (Vec::new(), Vec::new());
        Ok(Corrections {
            transaction,
            constants,
            options,
            refusals,
            changed,
            ignored: Ignored::default(),
            since: Ignored::default(),
            sessions: Ignored::default(),
        })
    }
}

impl Corrections<'_> {
    /// Takes one line of the report.
    ///
    /// # Errors
    /// When SQLite fails or the ledger is damaged. What is wrong with the line itself is kept
    /// for [`Corrections::finish`].
    pub fn add(&mut self, correction: &Correction) -> Result<(), LedgerError> {
        let Some(known) = self.known(&correction.row_id)? else {
            let row_id = &correction.row_id;
            let text = match Damage::of_unknown(row_id.as_str()) {
                Some(damage) => format!("column row_id: '{row_id}' {}", damage.told()),
                None => format!(
                    "row id '{row_id}' is not in the ledger; it was changed, or the report is \
                     another ledger's"
                ),
            };
            self.refuse(correction.line, text);
            return Ok(());
        };
        self.transaction
            .prepare_cached("INSERT OR IGNORE INTO reported (row) VALUES (?1)")?
            .execute([known.id])?;
        let damaged = damaged(&known, correction);
        if !damaged.is_empty() {
            for text in damaged {
                self.refuse(correction.line, text);
            }
            return Ok(());
        }
        let says_session = &correction.new_session_id;
        if known.status == "copied" && correction.status != "copied" {
            self.since.add(correction);
        } else if !says_session.is_empty()
            && !says_session.eq_ignore_ascii_case(&known.new_session_id)
        {
            self.sessions.add(correction);
        }
        let fields = self.corrected(&known, correction);
        let is_changed = fields != known.fields;
        // A spreadsheet writes `false` as FALSE: another spelling is nobody's correction.
        let says_else = is_changed && fields.content_hash(None) != known.fields.content_hash(None);
        match known.status.as_str() {
            "failed" | "pending" => {
                if says_else {
                    let changed = Changed::new(correction, &known.fields, &fields);
                    self.changed.push(changed);
                }
                self.take(&known, &fields, is_changed, correction)
            }
            _ => {
                if says_else {
                    self.ignored.add(correction);
                }
                Ok(())
            }
        }
    }

    /// Commits, with every failed and pending row of the report planned to be sent.
    ///
    /// # Errors
    /// The inner error: what refuses the report; the ledger is as it was. The outer one: SQLite
    /// failed.
    pub fn finish(self) -> Result<Result<Corrected, Vec<Refusal>>, LedgerError> {
        if !self.refusals.is_empty() {
            return Ok(Err(self.refusals));
        }
        let planned = self
            .transaction
            .query_row("SELECT count(*) FROM work", [], |row| row.get(0))?;
        self.transaction.commit()?;
        Ok(Ok(Corrected {
            planned,
            changed: self.changed,
            ignored: self.ignored,
            since: self.since,
            sessions: self.sessions,
        }))
    }

    fn known(&self, row_id: &RowId) -> Result<Option<Known>, LedgerError> {
        let mut statement = self.transaction.prepare_cached(
            "SELECT id, status, fields, constants, transaction_id, coalesce(new_session_id, '')
             FROM rows WHERE row_id = ?1",
        )?;
        let found = statement
            .query_row([row_id.as_str()], |row| {
                Ok((
                    row.get::<_, i64>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, String>(2)?,
                    row.get::<_, String>(3)?,
                    row.get::<_, String>(4)?,
                    row.get::<_, String>(5)?,
                ))
            })
            .optional()?;
        let Some((id, status, fields, constants, transaction_id, new_session_id)) = found else {
            return Ok(None);
        };
        let fields = super::view::fields_of(&fields)?;
        let names: Vec<String> = serde_json::from_str(&constants).unwrap_or_default();
        let constants = names.iter().filter_map(|name| name.parse().ok()).collect();
        Ok(Some(Known {
            id,
            status,
            fields,
            constants,
            transaction_id,
            new_session_id,
        }))
    }

    /// The row's cells with what the report says instead. A column that the report lacks says
    /// nothing; the generated transaction id, given back unchanged, is not the user's.
    fn corrected(&self, known: &Known, correction: &Correction) -> Fields {
        let mut fields = known.fields.clone();
        for (column, text) in &correction.cells {
            let is_generated =
                *column == Column::TransactionId && text.trim() == known.transaction_id;
            if *column != Column::RowId && !is_generated {
                fields.set(column.clone(), text);
            }
        }
        for (column, text) in self.constants.iter() {
            if fields.text(column).is_none() {
                fields.set(column.clone(), text);
            }
        }
        fields
    }

    fn take(
        &mut self,
        known: &Known,
        fields: &Fields,
        is_changed: bool,
        correction: &Correction,
    ) -> Result<(), LedgerError> {
        let problem = CopyRequest::from_fields(fields).err().map(|problems| {
            let texts = problems
                .iter()
                .map(|one| format!("column {}: {}", one.column, one.text));
            texts.collect::<Vec<_>>().join("; ")
        });
        if let (Some(text), false) = (&problem, self.options.skip_invalid) {
            self.refuse(correction.line, text.clone());
            return Ok(());
        }
        if is_changed {
            self.store(known, fields, correction)?;
        }
        self.plan(known.id, problem.as_deref())
    }

    fn store(
        &mut self,
        known: &Known,
        fields: &Fields,
        correction: &Correction,
    ) -> Result<(), LedgerError> {
        let (constants, own) = split_constants(known, fields, &self.constants);
        let hash = own.content_hash(fields.text(&Column::SourceSessionId));
        let same: Option<String> = self
            .transaction
            .prepare_cached(
                "SELECT rows.row_id FROM contents JOIN rows ON rows.id = contents.row
                 WHERE contents.hash = ?1 AND contents.row <> ?2 LIMIT 1",
            )?
            .query_row((hash.as_bytes(), known.id), |row| row.get(0))
            .optional()?;
        if let Some(same) = same {
            let text =
                format!("corrected, this row says the same as row '{same}'; leave one of them out");
            self.refuse(correction.line, text);
            return Ok(());
        }
        self.transaction
            .prepare_cached(
                "UPDATE rows SET fields = ?2, constants = ?3, hash = ?4, audience = ?5,
                    expires_on = ?6,
                    transaction_id = coalesce(?7,
                        iif(json_extract(fields, '$.transaction_id') IS NULL, transaction_id,
                            generated_transaction_id(row_id)))
                 WHERE id = ?1",
            )?
            .execute((
                known.id,
                fields.to_json(),
                names_json(&constants),
                hash.as_bytes(),
                fields.audience().as_str(),
                fields.text(&Column::ExpiresOn),
                fields.text(&Column::TransactionId),
            ))?;
        self.transaction
            .prepare_cached("INSERT OR IGNORE INTO contents (hash, row) VALUES (?1, ?2)")?
            .execute((hash.as_bytes(), known.id))?;
        Ok(())
    }

    /// Puts the row among those to be sent, or fails it as invalid.
    fn plan(&self, row: i64, problem: Option<&str>) -> Result<(), LedgerError> {
        if let Some(problem) = problem {
            let sql = "UPDATE rows SET status = 'failed', error_class = 'invalid', error = ?2
                       WHERE id = ?1";
            self.transaction
                .prepare_cached(sql)?
                .execute((row, problem))?;
            return Ok(());
        }
        let sql = "UPDATE rows SET status = 'pending' WHERE id = ?1";
        self.transaction.prepare_cached(sql)?.execute([row])?;
        let sql = "INSERT OR IGNORE INTO work (row) VALUES (?1)";
        self.transaction.prepare_cached(sql)?.execute([row])?;
        Ok(())
    }

    fn refuse(&mut self, line: u64, text: String) {
        self.refusals.push(Refusal {
            line: Some(line),
            text,
            is_change: false,
        });
    }
}

/// One corrected row.
#[derive(Debug, Clone)]
pub struct Changed {
    /// Where it stands in the report.
    pub line: u64,
    /// Which row it is.
    pub row_id: RowId,
    /// Each changed cell as `column: before → after`.
    pub cells: Vec<String>,
}

impl Changed {
    fn new(correction: &Correction, before: &Fields, after: &Fields) -> Self {
        let columns: BTreeSet<&Column> = before
            .iter()
            .chain(after.iter())
            .map(|(column, _)| column)
            .collect();
        let cell = |fields: &Fields, column: &Column| match fields.text(column) {
            Some(text) => format!("'{text}'"),
            None => "empty".into(),
        };
        let changed = columns
            .into_iter()
            .filter(|column| before.text(column) != after.text(column));
        let told = |column: &Column| {
            format!(
                "{column}: {} → {}",
                cell(before, column),
                cell(after, column)
            )
        };
        Self {
            line: correction.line,
            row_id: correction.row_id.clone(),
            cells: changed.map(told).collect(),
        }
    }
}

/// What a report changed.
#[derive(Debug, Clone)]
pub struct Corrected {
    /// How many rows are planned to be sent.
    pub planned: u64,
    /// The corrected rows.
    pub changed: Vec<Changed>,
    /// Rows that stay as they were sent.
    pub ignored: Ignored,
    /// Rows that are copied, which the report does not know yet.
    pub since: Ignored,
    /// Rows for which the report names another copy than the ledger.
    pub sessions: Ignored,
}

/// The cells with ids that are not the ledger's because a spreadsheet has damaged them.
fn damaged(known: &Known, correction: &Correction) -> Vec<String> {
    let told = |column: &str, text: &str, damage: Damage| {
        format!("column {column}: '{text}' {}", damage.told())
    };
    let mut texts = Vec::new();
    for (column, text) in &correction.cells {
        let has = match column {
            Column::SourceSessionId => known.fields.text(column).unwrap_or_default(),
            Column::TransactionId => &known.transaction_id,
            _ => continue,
        };
        let damage = Damage::of(text).filter(|_| !text.trim().eq_ignore_ascii_case(has));
        texts.extend(damage.map(|damage| told(&column.to_string(), text, damage)));
    }
    let session = &correction.new_session_id;
    match Damage::of(session) {
        Some(damage) => texts.push(told("new_session_id", session, damage)),
        None if session.is_empty() => {}
        None => texts.extend(SessionId::parse(session).err().map(|error| {
            format!("column new_session_id: '{session}' {error}; put back what the report had")
        })),
    }
    texts
}

/// Tells the row's own cells from those that a `--set` constant still fills, so that a row
/// corrected here and later in the master list has the same content.
fn split_constants(known: &Known, fields: &Fields, set: &Fields) -> (Vec<Column>, Fields) {
    let mut own = fields.clone();
    let mut constants = Vec::new();
    for (column, text) in fields.iter() {
        let was_constant =
            known.constants.contains(column) && known.fields.text(column) == Some(text);
        let is_set_now = known.fields.text(column).is_none() && set.text(column) == Some(text);
        if was_constant || is_set_now {
            own.set(column.clone(), "");
            constants.push(column.clone());
        }
    }
    (constants, own)
}

impl Ledger {
    /// The manifest whose records hold most rows of the report that was taken back, or the latest
    /// imported: the one whose report a `retry` renews.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn manifest_of_report(&self) -> Result<Option<String>, LedgerError> {
        let name = self.connection.query_row(
            "SELECT name FROM manifests ORDER BY
                (SELECT count(*) FROM reported JOIN records ON records.row = reported.row
                 WHERE records.manifest = manifests.id) DESC, imported_at DESC LIMIT 1",
            [],
            |row| row.get(0),
        );
        Ok(name.optional()?)
    }
}
