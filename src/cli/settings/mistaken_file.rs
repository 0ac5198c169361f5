//! Files that were given to a command by mistake: what they are, and what to use instead.

use std::io::Read;
use std::path::Path;

use super::reading::is_standard_input;
use crate::cli::Failure;
use crate::cli::paths::strip_ending;
use crate::manifest::is_json_report;
use crate::report::HTML_REPORT_START;

/// What a file turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FileKind {
    JsonReport,
    Page,
    Ledger,
    Pdf,
}

/// What the first bytes of a file give away.
const STARTS: [(&[u8], FileKind); 3] = [
    (HTML_REPORT_START.as_bytes(), FileKind::Page),
    (b"SQLite format 3\0", FileKind::Ledger),
    (b"%PDF-", FileKind::Pdf),
];

impl FileKind {
    /// A file that can't be read is refused later, with its reason.
    fn of(path: &Path) -> Option<Self> {
        // To open a pipe is to wait for somebody to write.
        let is_readable = path.is_file() && !is_standard_input(path);
        let file = is_readable.then(|| fs_err::File::open(path).ok())??;
        let mut start = Vec::new();
        file.take(200).read_to_end(&mut start).ok()?;
        let found = STARTS.iter().find(|(bytes, _)| start.starts_with(bytes));
        let is_json = || is_json_report(path).is_ok_and(|found| found);
        let kind = found.map(|(_, kind)| *kind);
        kind.or_else(|| is_json().then_some(Self::JsonReport))
    }

    fn describe(self) -> &'static str {
        match self {
            Self::JsonReport => "a JSON report",
            Self::Page => "the HTML page of a report",
            Self::Ledger => "a ledger",
            Self::Pdf => "a PDF file",
        }
    }
}

/// Refuses a file that is not a list, for a command that needs one.
///
/// # Errors
/// What it is, and what to use instead.
pub(super) fn require_list(command: &str, path: &Path) -> Result<(), Failure> {
    let Some(kind) = FileKind::of(path) else {
        return Ok(());
    };
    let instead = match kind {
        FileKind::JsonReport | FileKind::Page => format!(
            "Give `{command}` the list. To send the failed rows of a report again, give the CSV report \
             ({}) to `esign-copy retry`",
            csv_report(path)
        ),
        FileKind::Ledger => format!(
            "Give `{command}` the list. `esign-copy status {}` shows the job and the next command",
            path.display()
        ),
        FileKind::Pdf => ASK_FOR_TABLE.into(),
    };
    Err(refused(path, kind, "not a list", &instead))
}

/// Refuses a file that is no CSV report, for a command that needs one.
///
/// # Errors
/// What it is, and what to use instead.
pub(super) fn require_report(path: &Path) -> Result<(), Failure> {
    let Some(kind) = FileKind::of(path) else {
        return Ok(());
    };
    let instead = match kind {
        FileKind::Pdf => ASK_FOR_TABLE.into(),
        FileKind::JsonReport | FileKind::Page | FileKind::Ledger => {
            let ledger = match kind {
                FileKind::Ledger => path.display().to_string(),
                _ => format!("{}.ledger", base(path)),
            };
            let csv = csv_report(path);
            format!(
                "Give the CSV report ({csv}) to `esign-copy retry`; `esign-copy report {ledger} \
                 --output {csv}` writes it again"
            )
        }
    };
    Err(refused(path, kind, "not a CSV report", &instead))
}

fn refused(path: &Path, kind: FileKind, is_not: &str, instead: &str) -> Failure {
    let (path, is) = (path.display(), kind.describe());
    Failure::refused(format!("{path}: this is {is}, {is_not}. {instead}"))
}

const ASK_FOR_TABLE: &str = "Ask for the table itself, and save it as \"CSV UTF-8\"";

/// The report that a run writes for the same list.
fn csv_report(path: &Path) -> String {
    format!("{}.results.csv", base(path))
}

/// A path without what reports and ledgers have at the end of their names.
fn base(path: &Path) -> String {
    let stem = path.with_extension("").display().to_string();
    strip_ending(&stem, ".results").map_or(stem.clone(), str::to_owned)
}
