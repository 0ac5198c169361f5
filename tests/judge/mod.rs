//! The judge of crash and model tests: it compares what the service did with what the ledger and
//! the report say, and puts the promise into figures. It reads the ledger with SQL of its own,
//! so that a mistake of the program's views does not hide itself.

#[path = "../cli/kit.rs"]
#[allow(dead_code, reason = "each target uses some of it")]
pub mod kit;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use esign_copy::sandbox::Stats;
use rusqlite::{Connection, OpenFlags};

/// What the service and the ledger say of the same rows.
#[derive(Debug, Default)]
pub struct Figures {
    pub rows: u64,
    pub copied: u64,
    pub failed: u64,
    pub uncertain: u64,
    pub pending: u64,
    /// Copies that the service made.
    pub committed: u64,
    /// Made more than once.
    pub duplicates: Vec<String>,
    /// Made, but neither copied nor uncertain.
    pub lost: Vec<String>,
    /// Copied, but never made.
    pub invented: Vec<String>,
    /// What does not add up, within the ledger or between it and a report.
    pub unaccounted: Vec<String>,
}

/// A row as the ledger has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub row_id: String,
    /// The source session and the signers' e-mails.
    pub audience: String,
    pub status: String,
    pub transaction_id: String,
    pub new_session_id: String,
    pub attempts: u64,
    /// Whether a manifest has it still.
    pub is_current: bool,
    /// An attempt of a pending row that nothing was found out about.
    open_attempts: u64,
}

impl Figures {
    /// Everything that breaks the promise, for people.
    pub fn violations(&self) -> Vec<String> {
        let kinds = [
            ("duplicate", &self.duplicates),
            ("lost", &self.lost),
            ("invented", &self.invented),
            ("unaccounted", &self.unaccounted),
        ];
        let told = kinds.into_iter().flat_map(|(kind, found)| {
            let told = found.iter().map(move |what| format!("{kind}: {what}"));
            told.collect::<Vec<_>>()
        });
        told.collect()
    }

    /// Fails if the promise is broken.
    #[track_caller]
    pub fn assert_kept(self, about: impl fmt::Display) -> Self {
        assert_eq!(self.violations(), [""; 0], "{about}: {self}");
        self
    }

    /// Adds those of another job.
    pub fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.copied += other.copied;
        self.failed += other.failed;
        self.uncertain += other.uncertain;
        self.pending += other.pending;
        self.committed += other.committed;
        self.duplicates.extend(other.duplicates);
        self.lost.extend(other.lost);
        self.invented.extend(other.invented);
        self.unaccounted.extend(other.unaccounted);
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} rows, {} copies made: {} duplicates, {} lost, {} invented, {} unaccounted; \
             {} copied, {} failed, {} uncertain, {} pending",
            self.rows,
            self.committed,
            self.duplicates.len(),
            self.lost.len(),
            self.invented.len(),
            self.unaccounted.len(),
            self.copied,
            self.failed,
            self.uncertain,
            self.pending
        )
    }
}

fn open(ledger: &Path) -> Connection {
    Connection::open_with_flags(ledger, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

/// Every row of a ledger.
pub fn rows(ledger: &Path) -> Vec<Row> {
    // What a look-up or a person found out about a row comes after the attempts before it.
    let sql = "SELECT row_id, audience, status, transaction_id,
            coalesce(new_session_id, ''), attempts,
            EXISTS (SELECT 1 FROM records WHERE records.row = rows.id),
            (SELECT count(*) FROM attempts WHERE attempts.row = rows.id
                AND (class IS NULL OR class IN ('copied', 'unknown'))
                AND NOT EXISTS (SELECT 1 FROM settlements
                    WHERE settlements.row = rows.id AND settled_at >= began_at))
        FROM rows";
    let connection = open(ledger);
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| {
        Ok(Row {
            row_id: row.get(0)?,
            audience: row.get(1)?,
            status: row.get(2)?,
            transaction_id: row.get(3)?,
            new_session_id: row.get(4)?,
            attempts: row.get(5)?,
            is_current: row.get(6)?,
            open_attempts: row.get(7)?,
        })
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// Compares a ledger that nobody works on with what the service did.
pub fn judge(ledger: &Path, stats: &Stats) -> Figures {
    let rows = rows(ledger);
    let mut figures = Figures {
        rows: rows.len() as u64,
        committed: stats.copies_committed,
        ..Figures::default()
    };
    let mut of_transaction = BTreeMap::<&str, Vec<&Row>>::new();
    for row in &rows {
        match row.status.as_str() {
            "copied" => figures.copied += 1,
            "failed" => figures.failed += 1,
            "uncertain" | "sending" => figures.uncertain += 1,
            "pending" => figures.pending += 1,
            status => figures
                .unaccounted
                .push(format!("{} is '{status}'", row.row_id)),
        }
        if ["pending", "failed"].contains(&row.status.as_str()) && row.open_attempts > 0 {
            let text = format!("{} is {}, but may be copied", row.row_id, row.status);
            figures.unaccounted.push(text);
        }
        of_transaction
            .entry(&row.transaction_id)
            .or_default()
            .push(row);
    }
    for (name, seen) in &stats.transactions {
        let rows = of_transaction.remove(name.as_str()).unwrap_or_default();
        judge_transaction(&mut figures, name, &rows, seen.committed, &seen.session_ids);
    }
    // The service has never heard of what is left.
    for (name, rows) in of_transaction {
        judge_transaction::<String>(&mut figures, name, &rows, 0, &[]);
    }
    let sound: String = open(ledger)
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    if sound != "ok" {
        figures.unaccounted.push(format!("the ledger: {sound}"));
    }
    figures
}

fn judge_transaction<Id: fmt::Display>(
    figures: &mut Figures,
    name: &str,
    rows: &[&Row],
    committed: u32,
    sessions: &[Id],
) {
    let committed = committed as usize;
    let sent = rows.iter().filter(|row| row.attempts > 0).count();
    if committed > sent.max(1) {
        let text = format!("{name} was copied {committed} times");
        figures.duplicates.push(text);
    }
    let may_be = |row: &&&Row| ["copied", "uncertain", "sending"].contains(&row.status.as_str());
    let known = rows.iter().filter(may_be).count();
    if committed > 0 && known < committed.min(sent.max(1)) {
        let statuses: Vec<&str> = rows.iter().map(|row| row.status.as_str()).collect();
        figures.lost.push(format!("{name} is {statuses:?}"));
    }
    let sessions: BTreeSet<String> = sessions.iter().map(ToString::to_string).collect();
    for row in rows.iter().filter(|row| row.status == "copied") {
        if !sessions.contains(&row.new_session_id) {
            let text = format!("{} as {}", row.row_id, row.new_session_id);
            figures.invented.push(text);
        }
    }
}

/// What differs between a report and its ledger, which has one manifest. Nothing may, once a run
/// has ended by itself.
pub fn differences(report: &Path, ledger: &Path) -> Vec<String> {
    let rows = rows(ledger);
    let mut left: BTreeMap<&str, &Row> = rows
        .iter()
        .filter(|row| row.is_current || row.status != "pending")
        .map(|row| (row.row_id.as_str(), row))
        .collect();
    let mut found = Vec::new();
    let mut reader = csv::Reader::from_path(report).unwrap();
    for line in reader.deserialize() {
        let line: BTreeMap<String, String> = match line {
            Ok(line) => line,
            Err(error) => {
                found.push(format!("the report is torn: {error}"));
                break;
            }
        };
        let Some(row) = left.remove(line["row_id"].as_str()) else {
            found.push(format!("{} is reported, but not there", line["row_id"]));
            continue;
        };
        let said = [
            ("status", &row.status),
            ("new_session_id", &row.new_session_id),
            ("transaction_id", &row.transaction_id),
            ("attempts", &row.attempts.to_string()),
        ];
        for (column, has) in said.into_iter().filter(|(name, has)| line[*name] != **has) {
            let text = format!("{}: {column} {} is {has}", row.row_id, line[column]);
            found.push(text);
        }
    }
    let missing = left.keys().map(|row| format!("{row} is not reported"));
    found.extend(missing);
    found
}
