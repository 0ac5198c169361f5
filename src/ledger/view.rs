//! A ledger opened to be read.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, Row};

use super::error::LedgerError;
use super::manifests::columns_read_before;
use super::open::{copy, fact, open_to_read, open_unchecked, require_endpoint};
use super::run::RunFacts;
use super::sql_types::{Statements, csv_dialect, fields, known_word, names, status, timestamp};
use crate::job::{CsvDialect, ErrorClass, ReportLine, RowCounts, Status, StopKind};
use crate::support::create_private;

/// A ledger opened to be read, as it stands at one instant, also while a run works on it.
pub struct View {
    connection: Connection,
}

/// A manifest that a ledger serves.
#[derive(Debug, Clone)]
pub struct ManifestView {
    id: i64,
    /// File name, without its folder.
    pub name: String,
    /// The headers, canonical where known, in the manifest's order.
    pub columns: Vec<String>,
    /// When it was imported last.
    pub imported_at: Timestamp,
    /// How it was written as CSV, if that is known.
    pub dialect: Option<CsvDialect>,
}

/// A run, as the ledger remembers it.
#[derive(Debug, Clone)]
pub struct RunView {
    /// Its number, from 1.
    pub number: i64,
    /// The manifest that it worked on.
    pub manifest: String,
    /// Who ran it.
    pub facts: RunFacts,
    /// When it began.
    pub began_at: Timestamp,
    /// When it ended; none if it works, or died.
    pub ended_at: Option<Timestamp>,
    /// Its exit code.
    pub exit_code: Option<u8>,
    /// What stopped it, if something did, in words.
    pub stop: Option<String>,
    /// What its user must know of before the next command.
    pub trouble: Option<StopKind>,
}

impl View {
    /// Opens the ledger at `path`, as it stands at this instant.
    ///
    /// # Errors
    /// When it is missing, another program's, newer or damaged.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        Self::of(open_to_read(path)?)
    }

    /// The same of a ledger that this process works on: it was looked through when the run opened
    /// it, which takes long where there are many rows.
    ///
    /// # Errors
    /// When it is missing, another program's or newer.
    pub fn of_own_run(path: &Path) -> Result<Self, LedgerError> {
        Self::of(open_unchecked(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?)
    }

    fn of(connection: Connection) -> Result<Self, LedgerError> {
        connection.execute_batch("BEGIN")?;
        Ok(Self { connection })
    }

    /// Sees what was recorded since it was opened too.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn refresh(&self) -> Result<(), LedgerError> {
        Ok(self.connection.execute_batch("COMMIT; BEGIN")?)
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The service's base URL, or `sandbox`.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn endpoint(&self) -> Result<String, LedgerError> {
        Ok(fact(&self.connection, "endpoint")?.unwrap_or_default())
    }

    /// The same, which must be the one that was asked for, if one was. `path` is where the ledger is.
    ///
    /// # Errors
    /// When it has another endpoint, or SQLite fails.
    pub fn require_endpoint(
        &self,
        path: &Path,
        asked: Option<&str>,
    ) -> Result<String, LedgerError> {
        require_endpoint(&self.connection, path, asked)
    }

    /// The columns of every manifest, `manifest`'s own first, the others in the order of their first
    /// import.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn columns_read_before(&self, manifest: &str) -> Result<Vec<Vec<String>>, LedgerError> {
        columns_read_before(&self.connection, manifest)
    }

    /// What tells the pages of a manifest from those of any other manifest and ledger.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn page_key(&self, manifest: &ManifestView) -> Result<String, LedgerError> {
        let ledger = fact(&self.connection, "id")?.unwrap_or_default();
        Ok(format!("{ledger}.{}", manifest.id))
    }

    /// Copies the ledger as it stands to a new private file, also while a run works on it.
    ///
    /// # Errors
    /// When SQLite fails, a full disk included.
    pub fn copy_to(&self, path: &Path) -> Result<(), LedgerError> {
        create_private(path)?;
        copy(&self.connection, path)
    }

    /// Every manifest, the latest imported first.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn manifests(&self) -> Result<Vec<ManifestView>, LedgerError> {
        let sql = "SELECT id, name, columns, imported_at, separator, has_mark FROM manifests
                   ORDER BY imported_at DESC, id DESC";
        let manifests = self.connection.list(sql, [], |row| {
            Ok(ManifestView {
                id: row.get("id")?,
                name: row.get("name")?,
                columns: names(row, "columns")?,
                imported_at: timestamp(row, "imported_at")?.unwrap_or_default(),
                dialect: csv_dialect(row)?,
            })
        });
        Ok(manifests?)
    }

    /// The manifest of that name, if it was imported.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn manifest(&self, name: &str) -> Result<Option<ManifestView>, LedgerError> {
        let mut manifests = self.manifests()?.into_iter();
        Ok(manifests.find(|manifest| manifest.name == name))
    }

    /// How many of the manifest's records have each status. A row whose request is out counts as uncertain.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn counts(&self, manifest: &ManifestView) -> Result<RowCounts, LedgerError> {
        let sql = "SELECT status, error_class IS 'excluded' AS is_excluded, count(*) AS count,
                       0 AS is_gone
                   FROM records JOIN rows ON rows.id = records.row
                   WHERE manifest = ?1 GROUP BY status, is_excluded
                   UNION ALL
                   SELECT status, 0, count(*), 1 FROM former JOIN rows ON rows.id = former.row
                   WHERE manifest = ?1 AND status IN ('uncertain', 'sending') GROUP BY status";
        let mut counts = RowCounts::default();
        self.connection.each(sql, [manifest.id], |row| {
            let (status, count): (_, u64) = (status(row)?, row.get("count")?);
            *counts.of_mut(status) += count;
            if status == Status::Uncertain && row.get("is_gone")? {
                counts.uncertain_gone += count;
            }
            if status == Status::Failed && row.get("is_excluded")? {
                counts.excluded += count;
            }
            Ok::<_, LedgerError>(())
        })?;
        Ok(counts)
    }

    /// The same of the manifest of that name; nothing if it was never imported.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn counts_of(&self, manifest_name: &str) -> Result<RowCounts, LedgerError> {
        let manifest = self.manifest(manifest_name)?;
        manifest.map_or(Ok(RowCounts::default()), |manifest| self.counts(&manifest))
    }

    /// Gives the errors of the manifest's rows of a status to `take`, but for excluded ones, each with the status of the answer and with how
    /// many rows have it.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn errors(
        &self,
        manifest: &ManifestView,
        of: Status,
        mut take: impl FnMut(&str, Option<u16>, u64),
    ) -> Result<(), LedgerError> {
        let sql =
            "SELECT error, http_status, count(*) FROM records JOIN rows ON rows.id = records.row
                   WHERE manifest = ?1 AND status = ?2 AND error_class IS NOT 'excluded'
                   GROUP BY error, http_status ORDER BY min(number)";
        self.connection
            .each(sql, (manifest.id, of.as_str()), |row| {
                take(&row.get::<_, String>(0)?, row.get(1)?, row.get(2)?);
                Ok::<_, LedgerError>(())
            })
    }

    /// Gives every line of the manifest's report to `take`: its records in their order, then the
    /// rows that it no longer has. `is_working` says that a run holds the ledger.
    ///
    /// # Errors
    /// When SQLite fails, or what `take` fails with.
    pub fn lines<E: From<LedgerError>>(
        &self,
        manifest: &ManifestView,
        is_working: bool,
        mut take: impl FnMut(&ReportLine) -> Result<(), E>,
    ) -> Result<(), E> {
        const RECORDS: &str = "FROM records AS record JOIN rows ON rows.id = record.row
            WHERE record.manifest = ?1 ORDER BY record.number";
        const FORMER: &str = "FROM former AS record JOIN rows ON rows.id = record.row
            WHERE record.manifest = ?1 AND rows.status <> 'pending' ORDER BY record.row";
        for (number, from) in [("record.number", RECORDS), ("NULL", FORMER)] {
            let sql = format!(
                "SELECT {number} AS number, row_id, fields, new_session_id, status,
                    status = 'sending' AS is_sending, error_class, error, http_status, attempts,
                    transaction_id, first_sent_at, finished_at, other {from}"
            );
            let connection = &self.connection;
            connection.each(&sql, [manifest.id], |row| take(&line(row, is_working)?))?;
        }
        Ok(())
    }

    /// How many runs there were.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn run_count(&self) -> Result<u64, LedgerError> {
        Ok(self.connection.value("SELECT count(*) FROM runs", [])?)
    }

    /// The last run, if there was one: of that manifest, or of any.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn last_run(&self, manifest: Option<&str>) -> Result<Option<RunView>, LedgerError> {
        Ok(self.runs(manifest, 1)?.pop())
    }

    /// The last runs, newest first: of that manifest, or of any.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn runs(&self, manifest: Option<&str>, limit: u32) -> Result<Vec<RunView>, LedgerError> {
        let sql = "SELECT runs.*, manifests.name FROM runs
                   JOIN manifests ON manifests.id = runs.manifest
                   WHERE name = ifnull(?1, name) ORDER BY runs.id DESC LIMIT ?2";
        let runs = self.connection.list(sql, (manifest, limit), |row| {
            Ok(RunView {
                number: row.get("id")?,
                manifest: row.get("name")?,
                facts: RunFacts {
                    command: row.get("command")?,
                    report: row.get::<_, String>("report")?.into(),
                    username: row.get("username")?,
                    pid: row.get("pid")?,
                    host: row.get("host")?,
                },
                began_at: timestamp(row, "began_at")?.unwrap_or_default(),
                ended_at: timestamp(row, "ended_at")?,
                exit_code: row.get("exit_code")?,
                stop: row.get("stop")?,
                trouble: known_word(row, "trouble")?,
            })
        });
        Ok(runs?)
    }
}

fn line(row: &Row<'_>, is_working: bool) -> Result<ReportLine, LedgerError> {
    let is_sending: bool = row.get("is_sending")?;
    let in_flight = if is_working {
        "in flight"
    } else {
        "in flight when its run ended"
    };
    let (error_class, error) = if is_sending {
        (Some(ErrorClass::Unknown), in_flight.to_owned())
    } else {
        (known_word(row, "error_class")?, row.get("error")?)
    };
    Ok(ReportLine {
        number: row.get("number")?,
        row_id: row.get("row_id")?,
        fields: fields(row)?,
        new_session_id: row.get("new_session_id")?,
        status: status(row)?,
        error_class,
        error,
        http_status: row.get("http_status")?,
        attempts: row.get("attempts")?,
        transaction_id: row.get("transaction_id")?,
        first_sent_at: timestamp(row, "first_sent_at")?,
        finished_at: timestamp(row, "finished_at")?,
        other: serde_json::from_str(&row.get::<_, String>("other")?).unwrap_or_default(),
    })
}
