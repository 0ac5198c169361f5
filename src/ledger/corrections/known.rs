use rusqlite::{Connection, OptionalExtension};

use super::Correction;
use crate::job::{
    CellEquivalence, Column, Fields, RowId, SessionId, SpreadsheetDamage, TransactionId,
    is_mojibake_of,
};
use crate::ledger::LedgerError;

/// What the ledger knows of a row that a report names.
pub(super) struct Known {
    pub(super) id: i64,
    pub(super) status: String,
    pub(super) fields: Fields,
    pub(super) constants: Vec<Column>,
    pub(super) transaction_id: String,
    /// The transaction id that this ledger makes for the row.
    pub(super) own_transaction_id: String,
    pub(super) new_session_id: String,
    /// Whether a list still has it.
    pub(super) is_wanted: bool,
}

impl Known {
    /// Looks a row up by its id.
    pub(super) fn find(
        connection: &Connection,
        row_id: &RowId,
    ) -> Result<Option<Self>, LedgerError> {
        let mut statement = connection.prepare_cached(
            "SELECT id, status, fields, constants, transaction_id,
                generated_transaction_id(row_id), coalesce(new_session_id, ''),
                EXISTS (SELECT 1 FROM records WHERE records.row = rows.id)
             FROM rows WHERE row_id = ?1",
        )?;
        let mut rows = statement.query([row_id.as_str()])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        let constants: Vec<String> =
            serde_json::from_str(&row.get::<_, String>(3)?).unwrap_or_default();
        let constants = constants.iter().filter_map(|name| name.parse().ok());
        Ok(Some(Self {
            id: row.get(0)?,
            status: row.get(1)?,
            fields: crate::ledger::view::fields_of(&row.get::<_, String>(2)?)?,
            constants: constants.collect(),
            transaction_id: row.get(4)?,
            own_transaction_id: row.get(5)?,
            new_session_id: row.get(6)?,
            is_wanted: row.get(7)?,
        }))
    }
}

impl Known {
    /// Whether a transaction id is one that was made, but not for this row.
    fn is_made_for_another(&self, text: &str) -> bool {
        let is_generated = TransactionId::parse(text.trim()).is_ok_and(|id| id.is_generated());
        is_generated && !self.is_own(text)
    }

    /// Whether a transaction id is the one that the row has, or one that was made for it.
    pub(super) fn is_own(&self, text: &str) -> bool {
        let text = text.trim();
        text == self.transaction_id || text == self.own_transaction_id
    }
}

/// What is wrong with a row id that the ledger does not have, for people.
pub(super) fn unknown(connection: &Connection, row_id: &RowId) -> Result<String, LedgerError> {
    if let Some(damage) = SpreadsheetDamage::of_unknown(row_id.as_str()) {
        return Ok(format!("column row_id: '{row_id}' {}", damage.describe()));
    }
    let with_zeros: Option<String> = connection
        .prepare_cached(
            "SELECT row_id FROM rows WHERE row_id GLOB '0*' AND ltrim(row_id, '0') = ?1 LIMIT 1",
        )?
        .query_row([row_id.as_str()], |row| row.get(0))
        .optional()?;
    Ok(match with_zeros {
        Some(has) => format!(
            "column row_id: '{row_id}' has lost the zeros of '{has}': a spreadsheet changed this id. \
             Put back what the report had, with the column formatted as text"
        ),
        None => format!(
            "row id '{row_id}' is not in the ledger; it was changed, or the report is another \
             ledger's"
        ),
    })
}

/// The cells with ids that are not the ledger's because a spreadsheet has damaged them.
pub(super) fn damaged(known: &Known, correction: &Correction) -> Vec<String> {
    let told = |column: &str, text: &str, damage: SpreadsheetDamage| {
        format!("column {column}: '{text}' {}", damage.describe())
    };
    let mut texts = Vec::new();
    for (column, text) in &correction.cells {
        let has = match column {
            Column::SourceSessionId => known.fields.text(column).unwrap_or_default(),
            Column::TransactionId => &known.transaction_id,
            _ => continue,
        };
        let is_other = CellEquivalence::of(column, has, text) == CellEquivalence::Different
            && !text.trim().eq_ignore_ascii_case(has);
        match SpreadsheetDamage::of(text).filter(|_| is_other) {
            Some(damage) => texts.push(told(&column.to_string(), text, damage)),
            None if *column == Column::TransactionId && known.is_made_for_another(text) => {
                texts.push(format!(
                    "column transaction_id: '{}' was made for another row; row ids or transaction \
                     ids changed places, or this is another job's report. Put back what the report had",
                    text.trim()
                ));
            }
            None => {}
        }
    }
    let session = &correction.new_session_id;
    match SpreadsheetDamage::of(session) {
        Some(damage) => texts.push(told("new_session_id", session, damage)),
        None if session.is_empty() => {}
        None => texts.extend(SessionId::parse(session).err().map(|error| {
            format!("column new_session_id: '{session}' {error}; put back what the report had")
        })),
    }
    texts
}

/// The cells that are no corrections but the ledger's own text in a wrong encoding.
pub(super) fn misread(known: &Known, correction: &Correction) -> Vec<String> {
    let cells = correction.cells.iter().filter_map(|(column, says)| {
        let (has, says) = (known.fields.text(column)?, says.trim());
        is_mojibake_of(has, says).then(|| {
            format!(
                "column {column}: '{says}' is '{has}' read in a wrong encoding. Put back what the report \
                 had; to open it in a spreadsheet, use Data > From Text/CSV with UTF-8, and save it as CSV \
                 UTF-8"
            )
        })
    });
    cells.collect()
}

/// Tells the row's own cells from those that a `--set` constant still fills, so that a row
/// corrected here and later in the master list has the same content.
pub(super) fn split_constants(
    known: &Known,
    fields: &Fields,
    set: &Fields,
) -> (Vec<Column>, Fields) {
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
