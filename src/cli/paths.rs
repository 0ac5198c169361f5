//! Where a job's files are, by the name of its manifest or its report.

use super::Endpoint;
use std::path::{Path, PathBuf};

/// Where a job's files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The ledger.
    pub ledger: PathBuf,
    /// Whether the ledger is at its default place, and so belongs to one manifest.
    pub is_default_ledger: bool,
    /// The report.
    pub report: PathBuf,
}

const REPORT_END: &str = ".results.csv";

/// What a report is called, also one that was saved as a workbook or compressed.
const REPORT_ENDS: [&str; 4] = [
    REPORT_END,
    ".results.xlsx",
    ".results.ods",
    ".results.csv.gz",
];

impl Paths {
    /// The files of a manifest's job.
    pub fn of_manifest(
        manifest: &Path,
        endpoint: &Endpoint,
        ledger: Option<&Path>,
        report: Option<&Path>,
    ) -> Self {
        let tag = endpoint.file_tag();
        let next_to = |end: &str| manifest.with_file_name(format!("{}{tag}{end}", stem(manifest)));
        Self {
            is_default_ledger: ledger.is_none(),
            ledger: follow_link(&ledger.map_or_else(|| next_to(".ledger"), Path::to_owned)),
            report: report.map_or_else(|| next_to(REPORT_END), follow_link),
        }
    }

    /// The files that belong to a report; `None` if its name does not say its ledger.
    pub fn of_report(results: &Path, ledger: Option<&Path>, report: Option<&Path>) -> Option<Self> {
        let own = Self::ledger_of_report(results);
        let ledger = ledger.map(follow_link).or(own)?;
        let name = manifest_name(results);
        let renewed = match report_base(&name) {
            Some(_) if strip_ending(&name, REPORT_END).is_some() => results.to_owned(),
            Some(base) => results.with_file_name(format!("{base}{REPORT_END}")),
            None => results.with_file_name(format!("{}{REPORT_END}", stem(results))),
        };
        let report = report.map_or(renewed, follow_link);
        Some(Self {
            ledger,
            is_default_ledger: false,
            report,
        })
    }

    /// The ledger next to a report, if the report's name says it.
    pub fn ledger_of_report(results: &Path) -> Option<PathBuf> {
        let name = results.file_name()?.to_string_lossy().into_owned();
        let base = report_base(&name)?;
        Some(follow_link(
            &results.with_file_name(format!("{base}.ledger")),
        ))
    }

    /// The files of a report that has lost its ledger: as for any report, but those of stage and
    /// of a rehearsal bear their tag, so that no rehearsal gets in the way of the real job.
    /// `None` if its name does not say them.
    pub fn of_recovery(
        results: &Path,
        endpoint: &Endpoint,
        ledger: Option<&Path>,
        report: Option<&Path>,
    ) -> Option<Self> {
        let name = results.file_name()?.to_string_lossy().into_owned();
        let tag = endpoint.file_tag();
        match report_base(&name) {
            Some(base) if strip_ending(base, tag).is_none() => {
                let tagged = results.with_file_name(format!("{base}{tag}{REPORT_END}"));
                Self::of_report(&tagged, ledger, report)
            }
            _ => Self::of_report(results, ledger, report),
        }
    }

    /// The name of the manifest that a report probably belongs to: that of a file next to it, else
    /// of a CSV. The report's own name, if that says nothing.
    pub fn manifest_of_report(results: &Path, endpoint: &Endpoint) -> String {
        let name = results.file_name().unwrap_or_default().to_string_lossy();
        let Some(base) = report_base(&name) else {
            return name.into_owned();
        };
        let base = strip_ending(base, endpoint.file_tag()).unwrap_or(base);
        let ends = ["csv", "json", "jsonl", "xlsx", "ods", "csv.gz"];
        let names = ends.map(|end| format!("{base}.{end}"));
        let mut names = names.into_iter();
        let found = names.find(|name| results.with_file_name(name).exists());
        found.unwrap_or_else(|| format!("{base}.csv"))
    }

    /// The ledgers that a manifest may have, one for each kind of endpoint.
    pub fn ledgers_of(manifest: &Path) -> [PathBuf; 3] {
        let name = stem(manifest);
        ["", ".stage", ".rehearsal"]
            .map(|tag| follow_link(&manifest.with_file_name(format!("{name}{tag}.ledger"))))
    }
}

/// The name of a report without what says that it is one.
pub fn report_base(name: &str) -> Option<&str> {
    let mut ends = REPORT_ENDS.into_iter();
    ends.find_map(|end| strip_ending(name, end))
}

/// A name without its end, in whatever letters that is written: some systems and mail programs
/// write names in capitals.
pub fn strip_ending<'a>(name: &'a str, end: &str) -> Option<&'a str> {
    let (base, found) = name.split_at_checked(name.len().checked_sub(end.len())?)?;
    found.eq_ignore_ascii_case(end).then_some(base)
}

/// A link to a file is that file: a ledger has one lock, and no link is replaced by a file.
pub fn follow_link(path: &Path) -> PathBuf {
    if path.is_symlink() {
        resolve_links(path)
    } else {
        path.to_owned()
    }
}

/// The name of a manifest: its file's, without the folder.
pub fn manifest_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// A file's name without its ending: `list` of `list.csv` and of `list.csv.gz`.
pub fn stem(path: &Path) -> String {
    let name = manifest_name(path);
    let unpacked = Path::new(strip_ending(&name, ".gz").unwrap_or(&name));
    let stem = unpacked.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

/// Whether two paths name one file, however they are written, also while there is none yet.
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    one == other || resolve_links(one) == resolve_links(other)
}

/// The path without links, `.` and `..`, as far as it exists. Two names of one ledger must lead
/// to one lock.
pub fn resolve_links(path: &Path) -> PathBuf {
    if let Ok(whole) = fs_err::canonicalize(path) {
        return whole;
    }
    let folder = path.parent();
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
    let folder = fs_err::canonicalize(folder.unwrap_or(Path::new(".")));
    match (folder, path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_next_to_the_manifest() {
        let manifest = Path::new("jobs/mailing.csv");
        let paths = |endpoint| Paths::of_manifest(manifest, &endpoint, None, None);
        let stage = paths(Endpoint::Stage);
        assert_eq!(stage.ledger, Path::new("jobs/mailing.stage.ledger"));
        assert_eq!(stage.report, Path::new("jobs/mailing.stage.results.csv"));
        assert_eq!(
            paths(Endpoint::Production).ledger,
            Path::new("jobs/mailing.ledger")
        );
        let rehearsal = paths(Endpoint::Sandbox);
        assert_eq!(
            rehearsal.report,
            Path::new("jobs/mailing.rehearsal.results.csv")
        );
    }

    #[test]
    fn a_compressed_list_has_the_names_of_the_list() {
        let manifest = Path::new("jobs/mailing.csv.gz");
        let paths = Paths::of_manifest(manifest, &Endpoint::Production, None, None);
        assert_eq!(paths.ledger, Path::new("jobs/mailing.ledger"));
        assert_eq!(paths.report, Path::new("jobs/mailing.results.csv"));
        let [ledger, ..] = Paths::ledgers_of(manifest);
        assert_eq!(ledger, paths.ledger);
    }

    #[test]
    fn a_report_leads_to_its_ledger() {
        let found = Paths::of_report(Path::new("jobs/mailing.stage.results.csv"), None, None);
        assert_eq!(
            found.unwrap().ledger,
            Path::new("jobs/mailing.stage.ledger")
        );
        let capitals = Paths::of_report(Path::new("MAILING.RESULTS.CSV"), None, None).unwrap();
        assert_eq!(capitals.ledger, Path::new("MAILING.ledger"));
        assert_eq!(capitals.report, Path::new("MAILING.RESULTS.CSV"));
        let workbook = Path::new("jobs/mailing.stage.results.xlsx");
        let workbook = Paths::of_report(workbook, None, None).unwrap();
        assert_eq!(workbook.ledger, Path::new("jobs/mailing.stage.ledger"));
        assert_eq!(workbook.report, Path::new("jobs/mailing.stage.results.csv"));
        assert_eq!(Paths::of_report(Path::new("fixed.csv"), None, None), None);
        let ledger = Path::new("mailing.ledger");
        let named = Paths::of_report(Path::new("fixed.csv"), Some(ledger), None).unwrap();
        assert_eq!(named.ledger, ledger);
        assert_eq!(named.report, Path::new("fixed.results.csv"));
    }
}
