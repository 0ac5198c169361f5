//! The files that a command may write: never one of its job's own, never somebody else's.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::cli::Failure;
use crate::cli::metrics::METRICS_START;
use crate::cli::paths::is_same_file;
use crate::cli::report_format::{NameFormat, ReportFormat, format_by_name};
use crate::cli::settings::{Input, RunFiles};
use crate::manifest::has_report_header;
use crate::report::HTML_REPORT_START;
use crate::support::{if_there, temporary_next_to, with_suffix};

/// A kind of file that is written.
#[derive(Clone, Copy)]
pub struct OutputKind {
    /// The flag of a run that names it.
    flag: &'static str,
    name: &'static str,
    /// What an older one is called, which alone may be replaced, and what recognises it.
    kind: &'static str,
    is_ours: fn(&Path) -> io::Result<Option<bool>>,
    /// The form that its name may promise, and what is said of a name that promises another.
    format: Option<ReportFormat>,
    misnamed: &'static str,
}

const NOTHING_SENT: &str = "nothing was sent";

/// Refuses files of a run that would replace one of the job, one another, or one that is not ours.
///
/// # Errors
/// Wrong usage.
pub fn require_allowed_files(files: &RunFiles) -> Result<(), Failure> {
    let (paths, input) = (&files.paths, &files.input);
    if matches!(input, Input::Manifest(manifest) if is_same_file(manifest, &paths.ledger)) {
        return Err(Failure::usage(format!(
            "--ledger {}: this is the manifest; name another file",
            paths.ledger.display()
        )));
    }
    if files.named.ledger.is_some() {
        require_folder("--ledger", &paths.ledger, NOTHING_SENT)?;
    }
    let mut taken = ledger_files(&paths.ledger);
    if let Input::Manifest(manifest) = input {
        taken.push((manifest.clone(), "the manifest"));
    }
    let outputs = [
        (OutputKind::REPORT, Some(&paths.report)),
        (OutputKind::PAGE, files.named.html.as_ref()),
        (OutputKind::METRICS, files.named.metrics.as_ref()),
    ];
    for (what, path) in outputs {
        let Some(path) = path else { continue };
        let is_report = what.flag == OutputKind::REPORT.flag;
        let is_named = files.named.report.is_some() || !is_report;
        if is_named {
            require_folder(what.flag, path, NOTHING_SENT)?;
        }
        require_free(what.flag, path, &taken)?;
        if is_named {
            what.require_name(path)?;
        }
        let tried_again = match input {
            Input::Report(report) if is_report => Some(report),
            _ => None,
        };
        // A report that is tried again is refused with better words where it is none.
        if !tried_again.is_some_and(|report| is_same_file(report, path)) {
            what.require_replaceable(path, what.flag)?;
        }
        taken.push((path.clone(), what.name));
        if let Some(report) = tried_again {
            taken.push((report.clone(), "the report that is tried again"));
        }
    }
    Ok(())
}

/// Finds out before anything is read or sent whether the files of a run can be written.
///
/// # Errors
/// When no file can be made next to one of them.
pub fn require_writable_files(files: &RunFiles) -> Result<(), Failure> {
    let (paths, named) = (&files.paths, &files.named);
    let flags = match named.report {
        // Where the list's own folder is no place for the one, it is none for the other.
        None if named.ledger.is_none() => "--ledger FILE and --report",
        _ => "--ledger",
    };
    require_writable(&paths.ledger, flags)?;
    OutputKind::REPORT.require_writable(&paths.report)?;
    let page = named.html.as_deref();
    page.map_or(Ok(()), |page| OutputKind::PAGE.require_writable(page))
}

fn require_writable(path: &Path, flags: &str) -> Result<(), Failure> {
    temporary_next_to(path).map(drop).map_err(|error| {
        let (path, reason) = (path.display(), error.kind());
        Failure::internal(format!(
            "{path}: its folder can't be written ({reason}); nothing was sent. Make it writable for you; a new job may also have its files \
             in another folder: {flags} FILE"
        ))
    })
}

/// Refuses such files for what `report --output` names; the manifest is next to its ledger, if it is there.
///
/// # Errors
/// Wrong usage.
pub fn require_allowed_output(
    what: OutputKind,
    path: &Path,
    ledger: &Path,
    manifests: &[PathBuf],
) -> Result<(), Failure> {
    let mut taken = ledger_files(ledger);
    let manifests = manifests.iter().cloned();
    taken.extend(manifests.map(|manifest| (manifest, "the manifest")));
    require_folder("--output", path, "nothing was written")?;
    require_free("--output", path, &taken)?;
    what.require_replaceable(path, "--output")
}

/// Refuses a file of the job, or one that is written already.
fn require_free(flag: &str, path: &Path, taken: &[(PathBuf, &str)]) -> Result<(), Failure> {
    match taken.iter().find(|(other, _)| is_same_file(other, path)) {
        None => Ok(()),
        Some((_, name)) => Err(Failure::usage(format!(
            "{flag} {}: this is {name}; name another file",
            path.display()
        ))),
    }
}

fn ledger_files(ledger: &Path) -> Vec<(PathBuf, &'static str)> {
    ["", "-wal", "-shm", ".lock", ".building"]
        .map(|end| (with_suffix(ledger, end), "a file of the ledger"))
        .into()
}

impl OutputKind {
    pub const REPORT: Self = Self {
        flag: "--report",
        name: "the report",
        kind: "report",
        is_ours: has_report_header,
        format: Some(ReportFormat::Csv),
        misnamed: "the report of a run is CSV; name it .csv. `esign-copy report --output` writes it as \
                   JSON or HTML",
    };
    pub const PAGE: Self = Self {
        flag: "--html",
        name: "the page",
        kind: "HTML report",
        is_ours: |path| starts_with(path, HTML_REPORT_START),
        format: Some(ReportFormat::Html),
        misnamed: "the page is HTML; name it .html",
    };
    pub const METRICS: Self = Self {
        flag: "--metrics",
        name: "the metrics",
        kind: "metrics file",
        is_ours: |path| starts_with(path, METRICS_START),
        format: None,
        misnamed: "metrics are text for Prometheus; name the file .prom",
    };

    /// Refuses the name of a run's file that promises another form than what is written there.
    fn require_name(self, path: &Path) -> Result<(), Failure> {
        match format_by_name(path) {
            NameFormat::Unknown => Ok(()),
            NameFormat::Report(promised) if Some(promised) == self.format => Ok(()),
            NameFormat::Report(_) | NameFormat::Other => {
                let (flag, path, text) = (self.flag, path.display(), self.misnamed);
                Err(Failure::usage(format!("{flag} {path}: {text}")))
            }
        }
    }

    /// Finds out before the first request whether the file can be written after the last.
    ///
    /// # Errors
    /// When no file can be made next to it.
    pub fn require_writable(self, path: &Path) -> Result<(), Failure> {
        require_writable(path, self.flag)
    }

    /// Refuses a path where anything but such a file of ours is.
    ///
    /// # Errors
    /// Wrong usage, or a file that can't be read.
    fn require_replaceable(self, path: &Path, flag: &str) -> Result<(), Failure> {
        let refused = |text: String| Failure::usage(format!("{}: {text}", path.display()));
        if fs_err::metadata(path).is_ok_and(|found| !found.is_file()) {
            let name = self.name;
            return Err(refused(format!(
                "this is not a regular file, so {name} can't replace it"
            )));
        }
        let kind = self.kind;
        match (self.is_ours)(path) {
            Ok(None | Some(true)) => Ok(()),
            Ok(Some(false)) => Err(refused(format!(
                "this is not a {kind} of esign-copy, so it is not overwritten; name another file with \
                 {flag}, or move this one away"
            ))),
            Err(error) => Err(Failure::internal(format!("{}: {error}", path.display()))),
        }
    }
}

/// Whether a file starts so; none if there is no file.
fn starts_with(path: &Path, start: &str) -> io::Result<Option<bool>> {
    let Some(file) = if_there(fs_err::File::open(path))? else {
        return Ok(None);
    };
    let mut found = Vec::new();
    file.take(start.len() as u64).read_to_end(&mut found)?;
    Ok(Some(found == start.as_bytes()))
}

/// Refuses a file whose folder is missing. `so` is what comes of it.
///
/// # Errors
/// When there is no folder.
pub fn require_folder(flag: &str, path: &Path, so: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new(""));
    if folder.as_os_str().is_empty() || folder.exists() {
        return Ok(());
    }
    let (path, folder) = (path.display(), folder.display());
    let text = format!("{flag} {path}: there is no folder {folder}; {so}");
    Err(Failure::internal(text))
}
