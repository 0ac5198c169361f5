//! The files that a command may write: never one of its job's own, never somebody else's.

use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::cli::args::WorkArgs;
use crate::cli::commands::shared::file_names;
use crate::cli::exit::{Exit, Failure};
use crate::cli::metrics::METRICS_START;
use crate::cli::paths::{Paths, is_same_file};
use crate::manifest::has_report_header;
use crate::report::HTML_REPORT_START;
use crate::support::temporary_next_to;

/// What is written.
#[derive(Clone, Copy)]
pub enum Written {
    Report,
    Page,
    Metrics,
}

/// The file that a run begins with.
#[derive(Clone, Copy)]
pub enum Input<'a> {
    Manifest(&'a Path),
    /// A report that is tried again; the new one may take its place.
    Report(&'a Path),
    Standard,
}

const UNSENT: &str = "nothing was sent";

/// Refuses files that would replace one of the job, one another, or one that is not ours.
///
/// # Errors
/// Wrong usage.
pub fn allowed(args: &WorkArgs, paths: &Paths, input: Input<'_>) -> Result<(), Failure> {
    if matches!(input, Input::Manifest(manifest) if is_same_file(manifest, &paths.ledger)) {
        return Err(Failure::usage(format!(
            "--ledger {}: this is the manifest; name another file",
            paths.ledger.display()
        )));
    }
    if args.ledger.is_some() {
        has_folder("--ledger", &paths.ledger, UNSENT)?;
    }
    let mut taken = files_of(&paths.ledger);
    if let Input::Manifest(manifest) = input {
        taken.push((manifest.to_owned(), "the manifest"));
    }
    let files = [
        (Written::Report, Some(&paths.report)),
        (Written::Page, args.html.as_ref()),
        (Written::Metrics, args.metrics.as_ref()),
    ];
    for (what, path) in files {
        let Some(path) = path else { continue };
        let is_typed = args.report.is_some() || !matches!(what, Written::Report);
        if is_typed {
            has_folder(what.flag(), path, UNSENT)?;
        }
        if let Some((_, name)) = taken.iter().find(|(other, _)| is_same_file(other, path)) {
            return Err(Failure::usage(format!(
                "{} {}: this is {name}; name another file",
                what.flag(),
                path.display()
            )));
        }
        if is_typed {
            file_names::require_kept(what, path)?;
        }
        // A report that is tried again is refused with better words where it is none.
        let is_read = matches!((what, input), (Written::Report, Input::Report(report))
            if is_same_file(report, path));
        if !is_read {
            what.may_replace(path)?;
        }
        taken.push((path.clone(), what.name()));
        if let (Written::Report, Input::Report(report)) = (what, input) {
            taken.push((report.to_owned(), "the report that is tried again"));
        }
    }
    Ok(())
}

/// The same for what `report --output` names; the manifest stands beside its ledger, if it is there.
///
/// # Errors
/// Wrong usage.
pub fn may_be_output(
    what: Written,
    path: &Path,
    ledger: &Path,
    manifests: &[PathBuf],
) -> Result<(), Failure> {
    let mut taken = files_of(ledger);
    let manifests = manifests.iter().cloned();
    taken.extend(manifests.map(|manifest| (manifest, "the manifest")));
    has_folder("--output", path, "nothing was written")?;
    match taken.iter().find(|(other, _)| is_same_file(other, path)) {
        Some((_, name)) => Err(Failure::usage(format!(
            "--output {}: this is {name}; name another file",
            path.display()
        ))),
        None => what.may_stand_at(path, "--output"),
    }
}

fn files_of(ledger: &Path) -> Vec<(PathBuf, &'static str)> {
    ["", "-wal", "-shm", ".lock", ".building"]
        .map(|end| (with_end(ledger, end), "a file of the ledger"))
        .into()
}

impl Written {
    pub const fn flag(self) -> &'static str {
        match self {
            Self::Report => "--report",
            Self::Page => "--html",
            Self::Metrics => "--metrics",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Report => "the report",
            Self::Page => "the page",
            Self::Metrics => "the metrics",
        }
    }

    const fn of_ours(self) -> &'static str {
        match self {
            Self::Report => "report of esign-copy",
            Self::Page => "HTML report of esign-copy",
            Self::Metrics => "metrics file of esign-copy",
        }
    }

    /// Finds out before the first request whether the file can be written after the last.
    ///
    /// # Errors
    /// When a file can't be made beside it.
    pub fn writable(self, path: &Path) -> Result<(), Failure> {
        temporary_next_to(path).map(drop).map_err(|error| {
            let name = self.name();
            Failure::new(
                Exit::Internal,
                format!("{name} could not be written, so nothing was sent: {error}"),
            )
        })
    }

    /// Refuses a path where anything but such a file of ours stands.
    ///
    /// # Errors
    /// Wrong usage, or a file that can't be read.
    pub fn may_replace(self, path: &Path) -> Result<(), Failure> {
        self.may_stand_at(path, self.flag())
    }

    fn may_stand_at(self, path: &Path, flag: &str) -> Result<(), Failure> {
        let refused = |text: String| Failure::usage(format!("{}: {text}", path.display()));
        if fs_err::metadata(path).is_ok_and(|found| !found.is_file()) {
            let name = self.name();
            return Err(refused(format!(
                "this is no regular file; {name} can't replace it"
            )));
        }
        let is_ours = match self {
            Self::Report => has_report_header(path),
            Self::Page => starts_with(path, HTML_REPORT_START),
            Self::Metrics => starts_with(path, METRICS_START),
        };
        match is_ours {
            Ok(None | Some(true)) => Ok(()),
            Ok(Some(false)) => Err(refused(format!(
                "this file is no {} and is not overwritten; name another with {flag}, or move it \
                 away",
                self.of_ours()
            ))),
            Err(error) => Err(Failure::new(
                Exit::Internal,
                format!("{}: {error}", path.display()),
            )),
        }
    }
}

/// Whether a file starts so; none if there is no file.
fn starts_with(path: &Path, start: &str) -> io::Result<Option<bool>> {
    let mut found = Vec::new();
    match fs_err::File::open(path) {
        Ok(file) => file.take(start.len() as u64).read_to_end(&mut found)?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(Some(found == start.as_bytes()))
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// Refuses a file whose folder is missing. `so` is what comes of it.
///
/// # Errors
/// When there is no folder.
fn has_folder(flag: &str, path: &Path, so: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new(""));
    if folder.as_os_str().is_empty() || folder.exists() {
        return Ok(());
    }
    let (path, folder) = (path.display(), folder.display());
    let text = format!("{flag} {path}: there is no folder {folder}; {so}");
    Err(Failure::new(Exit::Internal, text))
}
