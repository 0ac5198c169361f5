//! The other ledgers of an endpoint, beside a ledger and its list: rows that were sent from one of
//! them under another name of the same list.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use fs_err as fs;
use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::lock::is_held;
use super::open::{fact, is_ledger, is_set_aside, open_unchecked};
use super::{LedgerError, Refusal, Way};
use crate::support::{command_line, counted};

/// Where to look for other ledgers.
#[derive(Debug, Clone)]
pub struct OtherLedgers {
    /// The service's base URL: a ledger of another one says nothing of this one's sessions.
    pub endpoint: String,
    /// The ledger that rows are added to, which is no other one.
    pub own: PathBuf,
    /// The folders of the list, of the ledger and of what they link to, as they are to be shown.
    pub folders: Vec<PathBuf>,
}

/// What other ledgers know of rows about to be added.
#[derive(Debug, Default)]
pub struct SentElsewhere {
    /// A refusal for each ledger that has sent some of them.
    pub refusals: Vec<Refusal>,
    /// Ledgers that can't be read, each with the reason.
    pub unreadable: Vec<(PathBuf, String)>,
}

/// What one other ledger has of the rows about to be added.
struct Overlap {
    rows: u64,
    /// The list that the first of them came from.
    list: String,
}

impl OtherLedgers {
    /// Asks each of them about the records in `temp.incoming` that are new to this ledger.
    pub(super) fn asked(&self, incoming: &Connection) -> Result<SentElsewhere, LedgerError> {
        let mut found = SentElsewhere::default();
        let added: u64 = incoming.query_row(
            "SELECT count(*) FROM incoming WHERE is_first AND row IS NULL AND problem IS NULL",
            [],
            |row| row.get(0),
        )?;
        if added == 0 {
            return Ok(found);
        }
        for path in self.files() {
            match self.overlap(&path, incoming) {
                Ok(None) => {}
                Ok(Some(overlap)) => found.refusals.push(overlap.refusal(added, &path)),
                Err(error) => found.unreadable.push((path, error.to_string())),
            }
        }
        Ok(found)
    }

    /// Ledgers of ours in the folders; whatever else lies there is passed by.
    fn files(&self) -> Vec<PathBuf> {
        let paths = self.folders.iter().flat_map(|folder| {
            let is_here = folder.as_os_str().is_empty();
            let entries = fs::read_dir(if is_here { Path::new(".") } else { folder });
            let names = entries.into_iter().flatten().filter_map(Result::ok);
            names.map(|entry| folder.join(entry.file_name()))
        });
        let inode = |path: &Path| {
            let metadata = fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
            Some((metadata.dev(), metadata.ino()))
        };
        // The own ledger is open: reading it by other means would end SQLite's locks on it.
        let mut seen: BTreeSet<(u64, u64)> = inode(&self.own).into_iter().collect();
        let mut files: Vec<PathBuf> = paths
            .filter(|path| !is_set_aside(path))
            .filter(|path| inode(path).is_some_and(|inode| seen.insert(inode)))
            .filter(|path| is_ledger(path).unwrap_or(false))
            .collect();
        files.sort();
        files
    }

    fn overlap(&self, path: &Path, incoming: &Connection) -> Result<Option<Overlap>, LedgerError> {
        let Some(ledger) = open_unchecked(path, OpenFlags::SQLITE_OPEN_READ_ONLY)? else {
            return Ok(None);
        };
        if fact(&ledger, "endpoint")?.as_deref() != Some(&self.endpoint) {
            return Ok(None);
        }
        // What another run is about to send counts as sent.
        let pending = if is_held(path)? { "pending" } else { "sending" };
        let mut known = ledger.prepare(
            "SELECT rows.id FROM contents JOIN rows ON rows.id = contents.row
             WHERE contents.hash = ?1 AND rows.status IN ('copied', 'uncertain', 'sending', ?2)
             LIMIT 1",
        )?;
        let mut added = incoming.prepare(
            "SELECT hash FROM incoming WHERE is_first AND row IS NULL AND problem IS NULL
             ORDER BY number",
        )?;
        let mut hashes = added.query([])?;
        let (mut rows, mut first) = (0, None);
        while let Some(hash) = hashes.next()? {
            let hash = hash.get_ref(0)?.as_blob().unwrap_or_default();
            let row: Option<i64> = known
                .query_row((hash, pending), |row| row.get(0))
                .optional()?;
            rows += u64::from(row.is_some());
            first = first.or(row);
        }
        let Some(first) = first else { return Ok(None) };
        let list = list_of(&ledger, first)?;
        Ok(Some(Overlap { rows, list }))
    }
}

/// The list that a row came from.
fn list_of(ledger: &Connection, row: i64) -> rusqlite::Result<String> {
    let sql = "SELECT manifests.name FROM manifests WHERE id IN (
            SELECT manifest FROM records WHERE row = ?1
            UNION ALL SELECT manifest FROM former WHERE row = ?1)
        ORDER BY id LIMIT 1";
    let name = ledger.query_row(sql, [row], |row| row.get(0)).optional()?;
    Ok(name.unwrap_or_else(|| "another list".into()))
}

impl Overlap {
    fn refusal(&self, added: u64, path: &Path) -> Refusal {
        let (list, ledger) = (&self.list, path.to_string_lossy());
        let quoted = command_line([ledger.as_ref()]);
        let was = if self.rows == 1 { "was" } else { "were" };
        Refusal {
            line: None,
            text: format!(
                "{} of {} {was} copied already, or may have been: from {list}, in the ledger {ledger}. \
                 If this is the same job, go on in that ledger: --ledger {quoted}",
                self.rows,
                counted(added, "new row")
            ),
            way: Way::Elsewhere,
        }
    }
}
