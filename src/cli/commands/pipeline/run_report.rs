//! The report of a run: written whole and at once, and noted in the ledger.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::cli::commands::shared::{Rendering, render};
use crate::cli::progress::StepProgress;
use crate::cli::{Failure, Message, Output};
use crate::job::CsvDialect;
use crate::ledger::{Ledger, View};
use crate::support::{if_there, persist, unused_path, written_next_to};

/// The report of a run.
pub struct RunReport<'a> {
    /// Where its progress is shown.
    pub output: &'a Output,
    /// Its path.
    pub path: &'a Path,
    /// How it is written; `None`: as the manifest was.
    pub dialect: Option<CsvDialect>,
    /// Whether one that somebody edited is set aside before another takes its place.
    pub keeps_edits: bool,
}

impl RunReport<'_> {
    /// Writes a manifest's report, whole and at once. Returns where an edited one was set aside.
    ///
    /// # Errors
    /// When a step fails; the old report is then still there.
    pub fn write(
        &self,
        ledger: &mut Ledger,
        view: &View,
        manifest_name: &str,
    ) -> Result<Option<PathBuf>, Failure> {
        let Some(manifest) = view.manifest(manifest_name)? else {
            return Ok(None);
        };
        let dialect = self.dialect.or(manifest.dialect).unwrap_or_default();
        let what = format!("writing {}", self.path.display());
        let progress = StepProgress::new(self.output, what);
        let new = written_next_to::<Failure>(self.path, |file| {
            render(
                view,
                &manifest,
                false,
                &Rendering::Csv(dialect),
                file,
                &progress,
            )
        })?;
        drop(progress);
        // Noted before it is in its place: killed in between, it is still known to be ours.
        let sha256 = sha256_of(new.path())?;
        ledger.note_report(sha256.expect("it was just written"), Timestamp::now())?;
        let edited = self.set_aside_edited(ledger)?;
        persist(new, self.path)?;
        Ok(edited)
    }

    fn set_aside_edited(&self, ledger: &Ledger) -> Result<Option<PathBuf>, Failure> {
        if !self.keeps_edits {
            return Ok(None);
        }
        let Some(sha256) = sha256_of(self.path)? else {
            return Ok(None);
        };
        if ledger.knows_report(sha256)? {
            return Ok(None);
        }
        let time = Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
        let aside = unused_path(self.path.with_extension(format!("edited-{time}.csv")))?;
        fs_err::rename(self.path, &aside)?;
        Ok(Some(aside))
    }
}

/// Says where a report was set aside that somebody had edited.
pub fn edited_report(report: &Path, ledger: &Path, edited: &Path) -> Message {
    let (report, ledger) = (report.display(), ledger.display());
    let text = format!(
        "{report} had been edited, or is another ledger's; that file is now {}. Corrections in it have not been \
         sent: `retry` that file with --ledger {ledger} --report {report}",
        edited.display()
    );
    Message::warn("report_edited", text).with("edited", edited.to_string_lossy())
}

/// The SHA-256 of a file; none if there is no file.
fn sha256_of(path: &Path) -> io::Result<Option<[u8; 32]>> {
    let Some(mut file) = if_there(fs_err::File::open(path))? else {
        return Ok(None);
    };
    let mut hash = Sha256::new();
    io::copy(&mut file, &mut hash)?;
    Ok(Some(hash.finalize().into()))
}
