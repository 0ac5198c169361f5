//! How the columns of a ledger hold the words of the domain, and how they are read back.

use std::str::FromStr;

use jiff::Timestamp;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, Params, Row};

use super::LedgerError;
use crate::executor::{AttemptKey, RowKey};
use crate::job::{
    AttemptClass, Column, ContentHash, CsvDialect, ErrorClass, Fields, RowId, SEPARATORS,
    SessionId, Status, StopKind, TakenCells, TransactionId,
};

/// Ids, each with what reads it.
macro_rules! ids {
    ($($id:ident),+) => {$(
        impl ToSql for $id {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.to_string().into())
            }
        }

        impl FromSql for $id {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let text = value.as_str()?;
                $id::parse(text)
                    .map_err(|error| FromSqlError::Other(format!("'{text}' {error}").into()))
            }
        }
    )+};
}

ids!(SessionId, RowId, TransactionId);

/// Words of which each has one text.
macro_rules! words {
    ($($word:ident),+) => {$(
        impl ToSql for $word {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.as_str().into())
            }
        }
    )+};
}

words!(Status, ErrorClass, AttemptClass, StopKind);

/// Numbers that SQLite gives.
macro_rules! keys {
    ($($key:ident),+) => {$(
        impl ToSql for $key {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.0.into())
            }
        }

        impl FromSql for $key {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                value.as_i64().map(Self)
            }
        }
    )+};
}

keys!(RowKey, AttemptKey);

impl ToSql for ContentHash {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_bytes().into())
    }
}

/// A word that this program knows; none for any other: a newer version may write more.
pub(super) fn known_word<T: FromStr>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = row.get(column)?;
    Ok(text.and_then(|text| text.parse().ok()))
}

/// A row's status. What is neither done nor to do may have been sent: `sending` is no status of a report.
pub(super) fn status(row: &Row<'_>) -> rusqlite::Result<Status> {
    Ok(known_word(row, "status")?.unwrap_or(Status::Uncertain))
}

/// A time, which columns hold in milliseconds since 1970, UTC.
pub(super) fn timestamp(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    let milliseconds: Option<i64> = row.get(column)?;
    Ok(milliseconds.and_then(|time| Timestamp::from_millisecond(time).ok()))
}

/// The known cells of a row, from its column `fields`.
pub(super) fn fields(row: &Row<'_>) -> Result<Fields, LedgerError> {
    Fields::from_json(&row.get::<_, String>("fields")?)
        .map_err(|error| LedgerError::Corrupt(format!("a row's cells: {error}")))
}

/// The cells of a row about to be sent, held against its `hash` of what was imported: SQLite's own
/// checks don't see a bit that flipped inside a text, and it could mail somebody else.
pub(super) fn unharmed_fields(row: &Row<'_>) -> Result<Fields, LedgerError> {
    let (fields, taken) = (fields(row)?, taken(row)?);
    let own = taken.own_content(&fields, &constants(row)?);
    let found = own.content_hash(fields.text(&Column::SourceSessionId));
    if found.as_bytes() == row.get::<_, Vec<u8>>("hash")? && is_sealed(row)? {
        Ok(fields)
    } else {
        let text = "a row's cells are not those that were imported";
        Err(LedgerError::Corrupt(text.into()))
    }
}

/// Whether the texts that templates made are those of the import.
fn is_sealed(row: &Row<'_>) -> rusqlite::Result<bool> {
    let (fields, taken): (String, Option<String>) = (row.get("fields")?, row.get("taken")?);
    let seal: Option<[u8; 32]> = row.get("seal")?;
    Ok(seal == taken.map(|taken| TakenCells::seal(&fields, &taken)))
}

/// What a mapping's templates took for a row, from its column `taken`.
pub(super) fn taken(row: &Row<'_>) -> Result<TakenCells, LedgerError> {
    let json: Option<String> = row.get("taken")?;
    let read = json.as_deref().map(TakenCells::from_json).transpose();
    let read = read.map_err(|error| LedgerError::Corrupt(format!("a row's cells: {error}")))?;
    Ok(read.unwrap_or_default())
}

/// How a list was written as CSV, from the columns `separator` and `has_mark`; `None` if nobody knows.
pub(super) fn csv_dialect(row: &Row<'_>) -> rusqlite::Result<Option<CsvDialect>> {
    let text: Option<String> = row.get("separator")?;
    let is_it = |separator: &u8| {
        text.as_ref()
            .is_some_and(|text| text.as_bytes() == [*separator])
    };
    let separator = SEPARATORS.into_iter().find(is_it);
    let has_mark: Option<bool> = row.get("has_mark")?;
    let known = separator.zip(has_mark);
    Ok(known.map(|(separator, has_mark)| CsvDialect {
        separator,
        has_mark,
    }))
}

/// Names of columns, from a JSON array; none where they can't be read.
pub(super) fn names(row: &Row<'_>, column: &str) -> rusqlite::Result<Vec<String>> {
    let json: String = row.get(column)?;
    Ok(serde_json::from_str(&json).unwrap_or_default())
}

/// The columns of a row whose value came from `--set`.
pub(super) fn constants(row: &Row<'_>) -> rusqlite::Result<Vec<Column>> {
    let names = names(row, "constants")?.into_iter();
    Ok(names.filter_map(|name| name.parse().ok()).collect())
}

/// Names of columns as a JSON array.
pub(super) fn names_json<T: ToString>(names: &[T]) -> String {
    let names: Vec<String> = names.iter().map(T::to_string).collect();
    serde_json::to_string(&names).expect("a list of texts is JSON")
}

/// What a line of `rows` is called, where list ?1 is the subject: its number there, else in the list that
/// has it.
pub(super) const ROW_NAME: &str = "coalesce(
    (SELECT row_name(rows.row_id, number, NULL, rows.fields) FROM records
     WHERE records.row = rows.id AND manifest = ?1 ORDER BY number LIMIT 1),
    (SELECT row_name(rows.row_id, number, name, rows.fields) FROM records
     JOIN manifests ON manifests.id = manifest
     WHERE records.row = rows.id ORDER BY manifest, number LIMIT 1),
    row_name(rows.row_id, NULL, NULL, rows.fields))";

/// Statements, each of them prepared once.
pub(super) trait Statements {
    /// Gives a statement that changes something. Returns how many lines that was.
    fn change(&self, sql: &str, params: impl Params) -> rusqlite::Result<usize>;

    /// Asks for one value.
    fn value<T: FromSql>(&self, sql: &str, params: impl Params) -> rusqlite::Result<T> {
        self.ask(sql, params, |row| row.get(0))
    }

    /// Asks for one line.
    fn ask<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T>;

    /// Asks for all lines at once.
    fn list<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>>;

    /// Gives each line to `take`, one after another.
    fn each<E: From<LedgerError>>(
        &self,
        sql: &str,
        params: impl Params,
        take: impl FnMut(&Row<'_>) -> Result<(), E>,
    ) -> Result<(), E>;
}

impl Statements for Connection {
    fn change(&self, sql: &str, params: impl Params) -> rusqlite::Result<usize> {
        self.prepare_cached(sql)?.execute(params)
    }

    fn ask<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        self.prepare_cached(sql)?.query_row(params, read)
    }

    fn list<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        let mut statement = self.prepare_cached(sql)?;
        statement.query_map(params, read)?.collect()
    }

    fn each<E: From<LedgerError>>(
        &self,
        sql: &str,
        params: impl Params,
        mut take: impl FnMut(&Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let failed = |error: rusqlite::Error| LedgerError::from(error);
        let mut statement = self.prepare_cached(sql).map_err(failed)?;
        let mut rows = statement.query(params).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            take(row)?;
        }
        Ok(())
    }
}
