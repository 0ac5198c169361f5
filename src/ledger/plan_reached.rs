//! Whom and what the copies of a plan reach, and how often: counted in a temporary table, so that memory
//! does not grow with the plan.

use rusqlite::Connection;

use super::sql_types::Statements;

const CREATE: &str = "
    PRAGMA temp_store = FILE;
    DROP TABLE IF EXISTS temp.reached;
    CREATE TEMP TABLE reached (kind TEXT, who TEXT,
        own INTEGER NOT NULL, -- times from the rows' own cells, and not from constants
        shown TEXT NOT NULL, numbers TEXT NOT NULL,
        PRIMARY KEY (kind, who)) STRICT, WITHOUT ROWID;";

/// How many addresses are listed, and of each how many rows.
const LISTED: i64 = 10;

/// What a copy reaches.
#[derive(Debug)]
pub(super) enum Reached<'a> {
    /// The session that it is a copy of.
    Source(String),
    /// A person, by address: how it is compared, whether it is the row's own, as it is written.
    Address(String, bool, &'a str),
    /// A person, by the id that a source gives them.
    Id(String),
}

/// An address that several rows name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepeatedAddress {
    /// As its first row writes it.
    pub address: String,
    /// How many copies reach it.
    pub copies: u64,
    /// The numbers of the first rows.
    pub rows: Vec<u64>,
}

/// How much was reached.
#[derive(Debug, Default)]
pub(super) struct ReachedCounts {
    pub(super) sources: u64,
    pub(super) people: u64,
    pub(super) repeated_addresses: u64,
    pub(super) most_per_address: u64,
}

pub(super) fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(CREATE)
}

/// Counts it for a row.
pub(super) fn add(
    connection: &Connection,
    reached: &Reached<'_>,
    number: Option<u64>,
) -> rusqlite::Result<()> {
    let (kind, who, is_own, shown) = match reached {
        Reached::Source(id) => ("source", id, false, ""),
        Reached::Address(who, is_own, shown) => ("address", who, *is_own, *shown),
        Reached::Id(id) => ("id", id, false, ""),
    };
    let number = number.filter(|_| is_own);
    let number = number.map_or_else(String::new, |number| format!("{number} "));
    connection.change(
        "INSERT INTO reached VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET own = own + excluded.own,
            numbers = iif(own < ?6, numbers || excluded.numbers, numbers)",
        (kind, who, is_own, shown, number, LISTED),
    )?;
    Ok(())
}

pub(super) fn counts(connection: &Connection) -> rusqlite::Result<ReachedCounts> {
    let sql = "SELECT count(*) FILTER (WHERE kind = 'source') AS sources,
            count(*) FILTER (WHERE kind <> 'source') AS people,
            count(*) FILTER (WHERE own > 1) AS repeated,
            coalesce(max(own), 0) AS most
         FROM reached";
    connection.query_row(sql, [], |row| {
        Ok(ReachedCounts {
            sources: row.get("sources")?,
            people: row.get("people")?,
            repeated_addresses: row.get("repeated")?,
            most_per_address: row.get("most")?,
        })
    })
}

/// The addresses that rows' own cells name most often.
pub(super) fn repeated(connection: &Connection) -> rusqlite::Result<Vec<RepeatedAddress>> {
    let sql = "SELECT shown, own, numbers FROM reached WHERE own > 1
               ORDER BY own DESC, CAST(numbers AS INTEGER) LIMIT ?1";
    connection.list(sql, [LISTED], |row| {
        let numbers: String = row.get("numbers")?;
        let numbers = numbers.split_whitespace();
        Ok(RepeatedAddress {
            address: row.get("shown")?,
            copies: row.get("own")?,
            rows: numbers.filter_map(|number| number.parse().ok()).collect(),
        })
    })
}

/// Forgets it.
pub(super) fn drop(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("DROP TABLE temp.reached")
}
