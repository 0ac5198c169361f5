//! The lock by which one process at a time works on a ledger, taken, held and asked about.

use std::fs::TryLockError;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fs_err::{self as fs, File};

use super::error::LOCAL_DISK;
use super::lock_file::{Holder, is_in_place, lock_path, open_lock_file, read, write};
use crate::support::{command_line, crash_point, if_there};

/// The lock of a ledger, held until dropped, and by the kernel's doing no longer than the
/// process lives. The file stays next to its ledger. Where none was begun after all, it goes with the
/// lock: whoever waited for it looks at what is there then ([`RunLock::take`]).
#[derive(Debug)]
pub struct RunLock {
    ledger: PathBuf,
    /// Where its file is.
    path: PathBuf,
    file: File,
    /// What its file says: of the run and the sending, what it said before, until this run sends.
    holder: Holder,
}

/// The lock can't be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it.
    #[error("{}", held_text(path, holder.as_ref()))]
    Held {
        /// The ledger.
        path: PathBuf,
        /// Who holds it, if its lock file can be read.
        holder: Option<Holder>,
    },
    /// A file of somebody else's is in the lock file's place.
    #[error(
        "{}: this file is not a lock file of esign-copy. Move it away, or name another ledger with \
         --ledger", file.display()
    )]
    Foreign {
        /// That file.
        file: PathBuf,
    },
    /// The lock file can't be used.
    #[error("can't lock the ledger: {0}{way}", way = way_on(.0))]
    Io(#[from] io::Error),
}

fn held_text(path: &Path, holder: Option<&Holder>) -> String {
    let path = path.display();
    match holder {
        Some(holder) => format!(
            "{path}: another run holds this ledger: process {} on {} since {}. Wait for it to end, or \
             see `{}`",
            holder.pid,
            holder.host,
            holder.since,
            command_line(["esign-copy", "status", &path.to_string()])
        ),
        None => format!("{path}: another run holds this ledger"),
    }
}

fn way_on(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull => {
            ". Free some space there, then give the same command again: nothing was sent"
        }
        io::ErrorKind::Unsupported => LOCAL_DISK,
        _ if error.raw_os_error() == Some(libc::ENOLCK) => LOCAL_DISK,
        _ => "",
    }
}

/// `status` holds a shared lock for an instant; a run waits so long for it to be gone.
const PATIENCE: Duration = Duration::from_millis(300);

impl RunLock {
    /// Takes the lock of the ledger at `path` for the holder given.
    ///
    /// # Errors
    /// [`LockError::Held`] when another process has it.
    pub fn take(path: &Path, mut holder: Holder) -> Result<Self, LockError> {
        let mut options = fs::OpenOptions::new();
        options.read(true).write(true).create(true);
        let (mut file, file_path) = loop {
            let mut file = open_lock_file(path, &mut options)?;
            if !try_lock(&file)? {
                return Err(LockError::Held {
                    path: path.to_owned(),
                    holder: read(&mut file)?.holder,
                });
            }
            // One that was removed meanwhile is nobody's lock.
            let file_path = lock_path(path);
            if is_in_place(&file, &file_path)? {
                break (file, file_path);
            }
        };
        let found = read(&mut file)?;
        if !found.is_ours {
            return Err(LockError::Foreign { file: file_path });
        }
        // A file that can't be read is taken for the worse: something may have been sent.
        let unreadable = (0, !found.is_empty);
        let last = found.holder.map(|last| (last.run, last.sending_begun));
        (holder.run, holder.sending_begun) = last.unwrap_or(unreadable);
        let mut lock = Self {
            ledger: path.to_owned(),
            path: file_path,
            file,
            holder,
        };
        lock.write()?;
        Ok(lock)
    }

    /// Whether a request may have left for any row, as the lock file says.
    pub fn sending_had_begun(&self) -> bool {
        self.holder.sending_begun
    }

    /// The number of the last run that sent anything, as its lock file says; 0 if it says none.
    pub fn last_run(&self) -> i64 {
        self.holder.run
    }

    /// Records, durably and before the first request, that this run begins to send.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn record_sending(&mut self, run: i64) -> io::Result<()> {
        self.holder.run = run;
        self.holder.sending_begun = true;
        crash_point("lock-before-sending");
        self.write()?;
        crash_point("lock-sending");
        Ok(())
    }

    /// Records that nothing was sent for the ledger that begins anew.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn record_new_ledger(&mut self) -> io::Result<()> {
        crash_point("lock-before-new-ledger");
        self.holder.sending_begun = false;
        self.holder.run = 0;
        self.write()
    }

    fn write(&mut self) -> io::Result<()> {
        write(&mut self.file, &mut self.holder)
    }
}

impl Drop for RunLock {
    /// Removes a file that says nothing about any ledger, as long as the lock is held.
    fn drop(&mut self) {
        let says_nothing = !self.holder.sending_begun && self.holder.run == 0;
        if says_nothing && !self.ledger.exists() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Who holds the lock of the ledger at `path` right now; `None` if nobody does.
///
/// # Errors
/// When the lock file is there but can't be read.
pub fn holder_of(path: &Path) -> io::Result<Option<Holder>> {
    match held(path)? {
        Some(mut file) => Ok(read(&mut file)?.holder),
        None => Ok(None),
    }
}

/// Whether somebody holds the lock of the ledger at `path`, whatever its file says.
pub(super) fn is_held(path: &Path) -> io::Result<bool> {
    Ok(held(path)?.is_some())
}

/// The lock file, if somebody holds it.
fn held(path: &Path) -> io::Result<Option<File>> {
    let Some(file) = if_there(open_lock_file(path, fs::OpenOptions::new().read(true)))? else {
        return Ok(None);
    };
    match file.file().try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => Ok(Some(file)),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn try_lock(file: &File) -> io::Result<bool> {
    let started = std::time::Instant::now();
    loop {
        match file.file().try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if started.elapsed() > PATIENCE => return Ok(false),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder() -> Holder {
        Holder {
            pid: std::process::id(),
            host: "office".into(),
            since: "2026-01-01T02:00:00Z".into(),
            run: 0,
            sending_begun: false,
        }
    }

    #[test]
    fn one_holds_it_and_the_other_learns_who() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ledger");
        let lock = RunLock::take(&path, holder()).unwrap();
        let refused = RunLock::take(&path, holder()).unwrap_err().to_string();
        assert!(
            refused.contains(&format!("process {}", std::process::id())),
            "{refused}"
        );
        assert!(
            refused.contains("office") && refused.contains("2026-01-01"),
            "{refused}"
        );
        assert_eq!(holder_of(&path).unwrap().unwrap().pid, std::process::id());
        drop(lock);
        assert_eq!(holder_of(&path).unwrap(), None);
        RunLock::take(&path, holder()).unwrap();
    }

    /// As many threads as may be take it in turns; none finds another one inside.
    #[test]
    fn it_goes_where_no_ledger_was_begun_and_still_admits_only_one() {
        use std::sync::atomic::{AtomicU32, Ordering};
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ledger");
        let (inside, taken) = (AtomicU32::new(0), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let Ok(lock) = RunLock::take(&path, holder()) else {
                            continue;
                        };
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        taken.fetch_add(1, Ordering::SeqCst);
                        std::thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                        drop(lock);
                    }
                });
            }
        });
        assert!(taken.load(Ordering::SeqCst) >= 50);
        assert!(!lock_path(&path).exists());
        let mut lock = RunLock::take(&path, holder()).unwrap();
        lock.record_sending(1).unwrap();
        drop(lock);
        assert!(
            lock_path(&path).exists(),
            "it knows that something was sent"
        );
    }

    #[test]
    fn it_remembers_that_sending_had_begun() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ledger");
        let mut lock = RunLock::take(&path, holder()).unwrap();
        assert!(!lock.sending_had_begun());
        lock.record_sending(3).unwrap();
        drop(lock);
        let mut lock = RunLock::take(&path, holder()).unwrap();
        assert!(lock.sending_had_begun());
        lock.record_new_ledger().unwrap();
        drop(lock);
        assert!(!RunLock::take(&path, holder()).unwrap().sending_had_begun());
        fs::write(lock_path(&path), "{\"pid\":12,\"ho").unwrap();
        assert!(RunLock::take(&path, holder()).unwrap().sending_had_begun());
    }
}
