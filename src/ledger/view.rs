//! A ledger opened to be read.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, Row};

use super::open::{fact, open_to_read, open_unchecked};
use super::{LedgerError, RunFacts, dialect};
use crate::job::{Column, CsvDialect, ErrorClass, Fields, ReportLine, RowCounts, Status, StopKind};
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

    /// Copies the ledger as it stands to a new private file, also while a run works on it.
    ///
    /// # Errors
    /// When SQLite fails, a full disk included.
    pub fn copy_to(&self, path: &Path) -> Result<(), LedgerError> {
        create_private(path)?;
        super::open::copy(&self.connection, path)
    }

    /// Every manifest, the latest imported first.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn manifests(&self) -> Result<Vec<ManifestView>, LedgerError> {
        let sql = "SELECT id, name, columns, imported_at, separator, has_mark FROM manifests
                   ORDER BY imported_at DESC, id DESC";
        let mut statement = self.connection.prepare(sql)?;
        let manifests = statement.query_map([], |row| {
            Ok(ManifestView {
                id: row.get(0)?,
                name: row.get(1)?,
                columns: serde_json::from_str(&row.get::<_, String>(2)?).unwrap_or_default(),
                imported_at: optional_timestamp(row, 3)?.unwrap_or(Timestamp::UNIX_EPOCH),
                dialect: dialect::read(row)?,
            })
        })?;
        Ok(manifests.collect::<Result<_, _>>()?)
    }

    /// The manifest of that name, if it was imported.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn manifest(&self, name: &str) -> Result<Option<ManifestView>, LedgerError> {
        let mut manifests = self.manifests()?.into_iter();
        Ok(manifests.find(|manifest| manifest.name == name))
    }

    /// How the manifest's records stand. A row whose request is out counts as uncertain.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn counts(&self, manifest: &ManifestView) -> Result<RowCounts, LedgerError> {
        let sql = "SELECT rows.status, count(*), 0 FROM records JOIN rows ON rows.id = records.row
                   WHERE manifest = ?1 GROUP BY rows.status
                   UNION ALL
                   SELECT rows.status, count(*), 1 FROM former JOIN rows ON rows.id = former.row
                   WHERE manifest = ?1 AND rows.status IN ('uncertain', 'sending')
                   GROUP BY rows.status";
        let mut counts = RowCounts::default();
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query([manifest.id])?;
        while let Some(row) = rows.next()? {
            let count: u64 = row.get(1)?;
            // `sending` is no status of a report.
            let status: String = row.get(0)?;
            let status = status.parse().unwrap_or(Status::Uncertain);
            *counts.of_mut(status) += count;
            if status == Status::Uncertain && row.get(2)? {
                counts.uncertain_gone += count;
            }
        }
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
                "SELECT {number}, rows.row_id, rows.fields, rows.new_session_id, rows.status,
                    rows.error_class, rows.error, rows.http_status, rows.attempts,
                    rows.transaction_id, rows.first_sent_at, rows.finished_at, record.other {from}"
            );
            let mut statement = self.connection.prepare(&sql).map_err(LedgerError::from)?;
            let mut rows = statement.query([manifest.id]).map_err(LedgerError::from)?;
            while let Some(row) = rows.next().map_err(LedgerError::from)? {
                take(&line(row, is_working)?)?;
            }
        }
        Ok(())
    }

    /// How many runs there were.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn run_count(&self) -> Result<u64, LedgerError> {
        let sql = "SELECT count(*) FROM runs";
        Ok(self.connection.query_row(sql, [], |row| row.get(0))?)
    }

    /// The last run, if there was one: of that manifest, or of any.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn last_run(&self, manifest: Option<&str>) -> Result<Option<RunView>, LedgerError> {
        Ok(self.runs_of(manifest, 1)?.pop())
    }

    /// The last runs, newest first.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn runs(&self, limit: u32) -> Result<Vec<RunView>, LedgerError> {
        self.runs_of(None, limit)
    }

    fn runs_of(&self, manifest: Option<&str>, limit: u32) -> Result<Vec<RunView>, LedgerError> {
        let sql = "SELECT runs.id, manifests.name, command, pid, host, began_at, ended_at,
                       exit_code, stop, trouble, report, username
                   FROM runs JOIN manifests ON manifests.id = runs.manifest
                   WHERE manifests.name = ifnull(?1, manifests.name)
                   ORDER BY runs.id DESC LIMIT ?2";
        let mut statement = self.connection.prepare(sql)?;
        let runs = statement.query_map((manifest, limit), |row| {
            Ok(RunView {
                number: row.get(0)?,
                manifest: row.get(1)?,
                facts: RunFacts {
                    command: row.get(2)?,
                    report: row.get::<_, String>(10)?.into(),
                    username: row.get(11)?,
                    pid: row.get(3)?,
                    host: row.get(4)?,
                },
                began_at: optional_timestamp(row, 5)?.unwrap_or(Timestamp::UNIX_EPOCH),
                ended_at: optional_timestamp(row, 6)?,
                exit_code: row.get(7)?,
                stop: row.get(8)?,
                trouble: row
                    .get::<_, Option<String>>(9)?
                    .and_then(|text| text.parse().ok()),
            })
        })?;
        Ok(runs.collect::<Result<_, _>>()?)
    }
}

fn line(row: &Row<'_>, is_working: bool) -> Result<ReportLine, LedgerError> {
    let status: String = row.get(4)?;
    let is_sending = status == "sending";
    let error_class: Option<String> = row.get(5)?;
    let in_flight = if is_working {
        "in flight"
    } else {
        "in flight when its run ended"
    };
    Ok(ReportLine {
        number: row.get(0)?,
        row_id: row.get(1)?,
        fields: fields_of(&row.get::<_, String>(2)?)?,
        new_session_id: row.get(3)?,
        status: status.parse().unwrap_or(Status::Uncertain),
        error_class: if is_sending {
            Some(ErrorClass::Unknown)
        } else {
            class(error_class)
        },
        error: if is_sending {
            in_flight.into()
        } else {
            row.get(6)?
        },
        http_status: row.get(7)?,
        attempts: row.get(8)?,
        transaction_id: row.get(9)?,
        first_sent_at: optional_timestamp(row, 10)?,
        finished_at: optional_timestamp(row, 11)?,
        other: serde_json::from_str(&row.get::<_, String>(12)?).unwrap_or_default(),
    })
}

/// The known cells, as a row of the ledger keeps them.
pub(super) fn fields_of(json: &str) -> Result<Fields, LedgerError> {
    Fields::from_json(json).map_err(|error| unreadable(&format!("a row's cells: {error}")))
}

/// The cells of a row about to be sent, held against the hash of what was imported: SQLite's own
/// checks don't see a bit that flipped inside a text, and it could mail somebody else.
pub(super) fn unharmed_fields(
    json: &str,
    constants: &str,
    hash: &[u8],
) -> Result<Fields, LedgerError> {
    let fields = fields_of(json)?;
    let constants: Vec<String> = serde_json::from_str(constants).unwrap_or_default();
    let mut own = fields.clone();
    for column in constants.iter().filter_map(|name| name.parse().ok()) {
        own.set(column, "");
    }
    let found = own.content_hash(fields.text(&Column::SourceSessionId));
    match found.as_bytes() == hash {
        true => Ok(fields),
        false => Err(unreadable("a row's cells are not those that were imported")),
    }
}

pub(super) fn unreadable(what: &str) -> LedgerError {
    let error = std::io::Error::new(std::io::ErrorKind::InvalidData, what);
    LedgerError::Io(error)
}

fn class(text: Option<String>) -> Option<ErrorClass> {
    use ErrorClass::{Invalid, NotSent, Refused, Unknown};
    [Refused, NotSent, Unknown, Invalid]
        .into_iter()
        .find(|class| Some(class.as_str()) == text.as_deref())
}

pub(super) fn optional_timestamp(
    row: &Row<'_>,
    index: usize,
) -> rusqlite::Result<Option<Timestamp>> {
    let milliseconds: Option<i64> = row.get(index)?;
    Ok(milliseconds.and_then(|time| Timestamp::from_millisecond(time).ok()))
}
