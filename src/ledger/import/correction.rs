//! One line of a report on its way back into its ledger, held against the row that it names.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};

use crate::executor::RowKey;
use crate::job::{
    CellEquivalence, Column, Fields, RowId, SessionId, SpreadsheetDamage, TakenCells,
    TransactionId, is_mojibake_of,
};
use crate::ledger::LedgerError;
use crate::ledger::sql_types::{constants, fields, taken};

/// A list's own cells, by the names that they have in a report.
pub type OwnCells = BTreeMap<String, String>;

/// One line of a report, as the user gives it back to `retry`.
#[derive(Debug, Clone)]
pub struct Correction {
    /// Its line in the report.
    pub line: u64,
    /// Which row it is.
    pub row_id: RowId,
    /// The known cells that the report has a column for; empty ones were emptied.
    pub cells: Vec<(Column, String)>,
    /// The list's own cells, by the names that they have in the report.
    pub own: OwnCells,
    /// The session that the report calls the row's copy; empty for none.
    pub new_session_id: String,
    /// The row's status, says the report.
    pub status: String,
}

/// A row as the ledger has it.
pub(super) struct LedgerRow {
    pub(super) key: RowKey,
    pub(super) status: String,
    pub(super) fields: Fields,
    constants: Vec<Column>,
    taken: TakenCells,
    transaction_id: String,
    /// The transaction id that this ledger makes for the row.
    own_transaction_id: String,
    pub(super) new_session_id: String,
    /// Whether a list still has it.
    pub(super) is_listed: bool,
}

impl LedgerRow {
    /// Looks a row up by its id.
    pub(super) fn find(
        connection: &Connection,
        row_id: &RowId,
    ) -> Result<Option<Self>, LedgerError> {
        let mut statement = connection.prepare_cached(
            "SELECT id, status, fields, constants, taken, transaction_id,
                generated_transaction_id(row_id) AS own_transaction_id,
                coalesce(new_session_id, '') AS new_session_id,
                EXISTS (SELECT 1 FROM records WHERE records.row = rows.id) AS is_listed
             FROM rows WHERE row_id = ?1",
        )?;
        let mut rows = statement.query([row_id])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        Ok(Some(Self {
            key: row.get("id")?,
            status: row.get("status")?,
            fields: fields(row)?,
            constants: constants(row)?,
            taken: taken(row)?,
            transaction_id: row.get("transaction_id")?,
            own_transaction_id: row.get("own_transaction_id")?,
            new_session_id: row.get("new_session_id")?,
            is_listed: row.get("is_listed")?,
        }))
    }

    /// Whether it may still be sent.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.status.as_str(), "failed" | "pending")
    }

    /// Whether a transaction id is the one that the row has, or one that was generated for it.
    fn owns_transaction_id(&self, text: &str) -> bool {
        let text = text.trim();
        text == self.transaction_id || text == self.own_transaction_id
    }

    /// Whether a transaction id is a generated one, but not of this row.
    fn is_generated_for_another(&self, text: &str) -> bool {
        let is_generated = TransactionId::parse(text.trim()).is_ok_and(|id| id.is_generated());
        is_generated && !self.owns_transaction_id(text)
    }

    /// The row's cells with what the report says instead. A column that the report lacks says nothing;
    /// the generated transaction id, given back unchanged, is not the user's. What a spreadsheet only
    /// spells differently is nobody's correction.
    pub(super) fn corrected(&self, correction: &Correction) -> Fields {
        let mut fields = self.fields.clone();
        for (column, text) in &correction.cells {
            let is_own = *column == Column::TransactionId && self.owns_transaction_id(text);
            let is_other = equivalence(&self.fields, column, text) == CellEquivalence::Different;
            if *column != Column::RowId && !is_own && is_other {
                fields.set(column.clone(), text);
            }
        }
        fields
    }

    /// The cells with ids that are not the ledger's because a spreadsheet has damaged them.
    pub(super) fn damaged(&self, correction: &Correction) -> Vec<String> {
        let describe = |column: &str, text: &str, damage: SpreadsheetDamage| {
            format!("column {column}: '{text}' {}", damage.describe())
        };
        let mut texts = Vec::new();
        for (column, text) in &correction.cells {
            let has = match column {
                Column::SourceSessionId => self.fields.text(column).unwrap_or_default(),
                Column::TransactionId => &self.transaction_id,
                _ => continue,
            };
            let is_other = CellEquivalence::of(column, has, text) == CellEquivalence::Different
                && !text.trim().eq_ignore_ascii_case(has);
            match SpreadsheetDamage::of(text).filter(|_| is_other) {
                Some(damage) => texts.push(describe(&column.to_string(), text, damage)),
                None if *column == Column::TransactionId && self.is_generated_for_another(text) => {
                    texts.push(format!(
                        "column transaction_id: '{}' was made for another row: ids were moved between rows, \
                         or this is another job's report. Put back what the report had",
                        text.trim()
                    ));
                }
                None => {}
            }
        }
        let session = &correction.new_session_id;
        match SpreadsheetDamage::of(session) {
            Some(damage) => texts.push(describe("new_session_id", session, damage)),
            None if session.is_empty() => {}
            None => texts.extend(SessionId::parse(session).err().map(|error| {
                format!("column new_session_id: '{session}' {error}. Put back what the report had")
            })),
        }
        texts
    }

    /// The cells that are no corrections but the ledger's own text in a wrong encoding.
    pub(super) fn misread(&self, correction: &Correction) -> Vec<String> {
        let cells = correction.cells.iter().filter_map(|(column, says)| {
            let (has, says) = (self.fields.text(column)?, says.trim());
            is_mojibake_of(has, says).then(|| {
                format!(
                    "column {column}: '{says}' is '{has}' read in the wrong encoding. Put back what the \
                     report had. To open the report in a spreadsheet, use Data > From Text/CSV with UTF-8, and \
                     save it as CSV UTF-8"
                )
            })
        });
        cells.collect()
    }

    /// The columns that a constant still fills, and what templates took for those that are as they were:
    /// so that a row corrected here and later in the master list has the same content.
    pub(super) fn not_own(&self, fields: &Fields, set: &Fields) -> (Vec<Column>, TakenCells) {
        let is_constant = |(column, text): &(&Column, &str)| {
            let had = self.fields.text(column);
            let was_constant = self.constants.contains(column) && had == Some(*text);
            was_constant || had.is_none() && set.text(column) == Some(*text)
        };
        let constants = fields.iter().filter(is_constant);
        let constants = constants.map(|(column, _)| column.clone()).collect();
        let is_unchanged = |column: &Column| fields.text(column) == self.fields.text(column);
        (constants, self.taken.retained(is_unchanged))
    }
}

/// How a report's text compares to the ledger's.
pub(super) fn equivalence(has: &Fields, column: &Column, text: &str) -> CellEquivalence {
    CellEquivalence::of(column, has.text(column).unwrap_or_default(), text)
}

/// What is wrong with a row id that the ledger does not have, for people.
pub(super) fn unknown_row(connection: &Connection, row_id: &RowId) -> Result<String, LedgerError> {
    if let Some(damage) = SpreadsheetDamage::of_unknown(row_id.as_str()) {
        return Ok(format!("column row_id: '{row_id}' {}", damage.describe()));
    }
    let sql = "SELECT row_id FROM rows WHERE row_id GLOB '0*' AND ltrim(row_id, '0') = ?1 LIMIT 1";
    let with_zeros: Option<String> = connection
        .prepare_cached(sql)?
        .query_row([row_id.as_str()], |row| row.get(0))
        .optional()?;
    Ok(match with_zeros {
        Some(has) => format!(
            "column row_id: '{row_id}' has lost the leading zeros of '{has}': a spreadsheet changed it. \
             Put back what the report had, and format the column as text"
        ),
        None => format!(
            "row_id '{row_id}' is not in the ledger: it was changed, or this is another ledger's report"
        ),
    })
}
