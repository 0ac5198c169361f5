//! The other ledgers of an endpoint, next to a ledger and its list: rows that were sent from one of
//! them under another name of the same list.

use std::collections::BTreeSet;
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use fs_err as fs;
use rusqlite::{Connection, OptionalExtension, Row};

use super::error::{FileProblem, LedgerError};
use super::import::{Refusal, Remedy};
use super::lock::is_held;
use super::lock_file::sending_had_begun;
use super::open::{all_files, fact, is_ledger, is_set_aside, open_other};
use super::sql_types::{Statements, status};
use crate::job::Status;
use crate::support::{command_line, counted, singular_or};

/// Where to look for other ledgers.
#[derive(Debug, Default)]
pub struct OtherLedgers {
    /// The service's base URL: a ledger of another one says nothing of this one's sessions.
    pub endpoint: String,
    /// The ledger that rows are added to, which is no other one.
    pub own: PathBuf,
    /// The folders of the list, of the ledger and of what they link to, as they are to be shown.
    pub folders: Vec<PathBuf>,
    /// The same, locked: of two imports side by side, the second one sees what the first one has added.
    pub turn: Mutex<Vec<File>>,
}

/// What other ledgers know of rows about to be added.
#[derive(Debug, Default)]
pub struct SentElsewhere {
    /// A refusal for each ledger that has sent some of them.
    pub refusals: Vec<Refusal>,
    /// What is to be warned of: ledgers that can't be read, and rows that wait in another one.
    pub warnings: Vec<(PathBuf, String)>,
}

/// What one other ledger has of the rows about to be added.
#[derive(Debug, Default)]
struct Overlap {
    /// Rows that it has sent, or may have.
    sent: u64,
    /// Those of them that have another key there.
    otherwise_keyed: u64,
    /// Rows that it has still to send.
    waiting: u64,
    /// The list that the first of them came from.
    list: String,
}

/// The records that are new to this ledger.
const ADDED: &str = "FROM incoming WHERE is_first AND row IS NULL AND problem IS NULL";

impl OtherLedgers {
    /// Asks each of them about the records in `temp.incoming` that are new to this ledger.
    pub(super) fn search(&self, incoming: &Connection) -> Result<SentElsewhere, LedgerError> {
        let mut found = SentElsewhere::default();
        let added: u64 = incoming.value(&format!("SELECT count(*) {ADDED}"), [])?;
        if added == 0 {
            return Ok(found);
        }
        self.take_turn();
        for path in self.paths() {
            match self.overlap(&path, incoming) {
                Ok(overlap) => overlap.report(added, &path, &mut found),
                // Another program's database, under a name of its own.
                Err(LedgerError::File {
                    problem: FileProblem::Foreign(_),
                    ..
                }) if !is_named_ledger(&path) => {}
                Err(error) => {
                    let error = match error {
                        LedgerError::File { problem, .. } => problem.to_string(),
                        other => other.to_string(),
                    };
                    let text = format!(
                        "rows of this list may have been sent from here, but it can't be read: {error}"
                    );
                    found.warnings.push((path, text));
                }
            }
        }
        found.warnings.extend(self.gone());
        Ok(found)
    }

    /// Waits for imports into these folders that are under way, and lets others wait, until this is
    /// dropped. Where a folder can't be locked, nobody waits.
    fn take_turn(&self) {
        let itself = |folder| fs::canonicalize(&folder).unwrap_or(folder);
        let folders = self.folders.iter().map(|folder| itself(here(folder)));
        let mut folders: Vec<PathBuf> = folders.collect();
        // Always in the same order: nobody waits for somebody who waits for them.
        folders.sort();
        folders.dedup();
        let locked = folders.iter().filter_map(|folder| {
            let folder = File::open(folder).ok()?;
            folder.lock().ok()?;
            Some(folder)
        });
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        *turn = locked.collect();
    }

    /// Lets imports that wait for this one go on.
    pub fn end_turn(&self) {
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        turn.clear();
    }

    /// Everything in the folders, as it is to be shown.
    fn entries(&self) -> impl Iterator<Item = PathBuf> {
        self.folders.iter().flat_map(|folder| {
            let names = fs::read_dir(here(folder)).into_iter().flatten();
            names.filter_map(|entry| Some(folder.join(entry.ok()?.file_name())))
        })
    }

    /// Ledgers, by what they hold or by their name; whatever else lies in the folders is passed by.
    fn paths(&self) -> Vec<PathBuf> {
        let inode = |path: &Path| {
            let metadata = fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
            (metadata.len() > 0).then(|| (metadata.dev(), metadata.ino()))
        };
        // The own ledger is open. To read one of its files by other means would end SQLite's locks on
        // it, and another process would take those files for nobody's.
        let own = all_files(&self.own);
        let mut seen: BTreeSet<(u64, u64)> = own.iter().filter_map(|file| inode(file)).collect();
        let mut paths: Vec<PathBuf> = self
            .entries()
            .filter(|path| !is_set_aside(path) && !is_of_a_database(path))
            .filter(|path| inode(path).is_some_and(|inode| seen.insert(inode)))
            .filter(|path| is_named_ledger(path) || is_ledger(path).unwrap_or(false))
            .collect();
        paths.sort();
        paths
    }

    /// Ledgers that are not there although their lock files say that they sent.
    fn gone(&self) -> Vec<(PathBuf, String)> {
        let ledgers = self.entries().filter_map(|path| {
            let ledger = path.with_extension("");
            (path.extension()? == "lock" && ledger.extension()? == "ledger").then_some(ledger)
        });
        let is_gone = |ledger: &PathBuf| {
            let is_empty = fs::metadata(ledger).map_or(true, |metadata| metadata.len() == 0);
            is_empty && *ledger != self.own && sending_had_begun(ledger)
        };
        let text = "this ledger is missing or empty, but its lock file says that rows were sent from it; rows of \
                    this list may be among them";
        let mut gone: Vec<PathBuf> = ledgers.filter(is_gone).collect();
        gone.sort();
        gone.into_iter().map(|path| (path, text.into())).collect()
    }

    fn overlap(&self, path: &Path, incoming: &Connection) -> Result<Overlap, LedgerError> {
        let mut overlap = Overlap::default();
        // What another run is about to send counts as sent.
        let is_held = is_held(path)?;
        let ledger = open_other(path, is_held)?;
        if fact(&ledger, "endpoint")?.as_deref() != Some(&self.endpoint) {
            return Ok(overlap);
        }
        let mut by_content = ledger.prepare(
            "SELECT rows.id, rows.row_id, rows.status FROM contents JOIN rows ON rows.id = contents.row
             WHERE contents.hash = ?1 AND rows.status <> 'failed'
             ORDER BY rows.status = 'pending' LIMIT 1",
        )?;
        // Ledgers of earlier formats don't know who looks alike.
        let mut by_look = ledger
            .prepare(
                "SELECT id, row_id, status FROM rows WHERE lookalike = ?1 AND status <> 'failed'
                 ORDER BY status = 'pending' LIMIT 1",
            )
            .ok();
        let sql = format!("SELECT hash, lookalike, keyed, row_id {ADDED} ORDER BY number");
        let mut added = incoming.prepare(&sql)?;
        let mut records = added.query([])?;
        let mut first = None;
        while let Some(record) = records.next()? {
            let (hash, lookalike): (Vec<u8>, Option<Vec<u8>>) =
                (record.get("hash")?, record.get("lookalike")?);
            let read = |row: &Row<'_>| {
                Ok((
                    row.get::<_, i64>("id")?,
                    row.get::<_, String>("row_id")?,
                    status(row)?,
                ))
            };
            let mut same = by_content.query_row([hash], read).optional()?;
            if let (None, Some(by_look), Some(lookalike)) = (&same, &mut by_look, lookalike) {
                same = by_look.query_row([lookalike], read).optional()?;
            }
            let Some((row, row_id, status)) = same else {
                continue;
            };
            first = first.or(Some(row));
            if status == Status::Pending && !is_held {
                overlap.waiting += 1;
                continue;
            }
            overlap.sent += 1;
            let is_other = record.get("keyed")? && record.get::<_, String>("row_id")? != row_id;
            overlap.otherwise_keyed += u64::from(is_other);
        }
        if let Some(first) = first {
            overlap.list = list_of(&ledger, first)?;
        }
        Ok(overlap)
    }
}

/// Whether a name is that of a database's log, index or journal, or of a lock.
fn is_of_a_database(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let ends = ["-wal", "-shm", "-journal", ".lock"];
    ends.iter().any(|end| name.ends_with(end))
}

fn is_named_ledger(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "ledger")
}

fn here(folder: &Path) -> PathBuf {
    let folder = Some(folder).filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new(".")).to_owned()
}

/// The list that a row came from.
fn list_of(ledger: &Connection, row: i64) -> rusqlite::Result<String> {
    let sql = "SELECT manifests.name FROM manifests WHERE id IN (
            SELECT manifest FROM records WHERE row = ?1
            UNION ALL SELECT manifest FROM former WHERE row = ?1)
        ORDER BY id LIMIT 1";
    let name = ledger.value(sql, [row]).optional()?;
    Ok(name.unwrap_or_else(|| "another list".into()))
}

impl Overlap {
    fn report(&self, added: u64, path: &Path, found: &mut SentElsewhere) {
        let (list, ledger) = (&self.list, path.to_string_lossy());
        let that = format!("--ledger {}", command_line([ledger.as_ref()]));
        if self.waiting > 0 {
            let text = format!(
                "{} of {} also waiting in this ledger, from {list}, and each ledger sends its own. To copy them \
                 once, continue in that ledger: {that}",
                self.waiting,
                was_or_were(added, self.waiting, "is", "are"),
            );
            found.warnings.push((path.to_owned(), text));
        }
        if self.sent == 0 {
            return;
        }
        let way = match self.otherwise_keyed {
            0 => format!("If this is the same job, continue in that ledger: {that}"),
            others => {
                let have = singular_or(others, "has another row_id", "have other row_ids");
                format!(
                    "{others} of them {have} there and would be copied again there too. If this is the \
                     same job, use the row_ids of that ledger in this list, and continue there: {that}"
                )
            }
        };
        found.refusals.push(Refusal {
            line: None,
            text: format!(
                "{} of {} already copied, or may have been, from {list} in the ledger {ledger}. {way}",
                self.sent,
                was_or_were(added, self.sent, "was", "were"),
            ),
            remedy: Remedy::OtherLedger,
        });
    }
}

fn was_or_were(added: u64, rows: u64, was: &str, were: &str) -> String {
    let verb = if rows == 1 { was } else { were };
    format!("{} {verb}", counted(added, "new row"))
}
