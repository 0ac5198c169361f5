//! Pages of earlier runs, which don't know what this run did.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::cli::next_command::{command_on_ledger, path_argument};
use crate::cli::{Endpoint, Environment, Failure, Message};
use crate::ledger::View;
use crate::report::{HTML_REPORT_START, page_marker};

/// A page says within so many bytes what it is a page of.
const BEGINNING: u64 = 4096;

/// The pages of a manifest in the folder of its report.
///
/// # Errors
/// When the ledger can't be read. A page that can't be read is none.
pub fn pages_of(view: &View, manifest_name: &str, report: &Path) -> Result<Vec<PathBuf>, Failure> {
    let Some(manifest) = view.manifest(manifest_name)? else {
        return Ok(Vec::new());
    };
    let marker = page_marker(&view.page_key(&manifest)?);
    let folder = report
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let Ok(files) = fs_err::read_dir(folder.unwrap_or(Path::new("."))) else {
        return Ok(Vec::new());
    };
    let paths = files.filter_map(|file| Some(report.with_file_name(file.ok()?.file_name())));
    let mut pages: Vec<PathBuf> = paths.filter(|path| is_page(path, &marker)).collect();
    pages.sort();
    Ok(pages)
}

/// Names a page that does not know what happened `since`.
pub fn stale_page(
    page: &Path,
    ledger: &Path,
    endpoint: &Endpoint,
    environment: &Environment,
    since: &str,
) -> Message {
    let mut words = command_on_ledger("report", ledger, endpoint).to_vec();
    words.extend(["--output".to_owned(), path_argument(page)]);
    let text = format!(
        "{} was written before {since}; to write it again: {}",
        page.display(),
        environment.command_line(words)
    );
    Message::info("stale_page", text).with("html", page.to_string_lossy())
}

fn is_page(path: &Path, marker: &str) -> bool {
    let is_named_so = path
        .extension()
        .is_some_and(|end| end == "html" || end == "htm");
    let is_file = || std::fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
    is_named_so && is_file() && begins_with(path, marker).unwrap_or(false)
}

fn begins_with(path: &Path, marker: &str) -> std::io::Result<bool> {
    let mut beginning = Vec::new();
    fs_err::File::open(path)?
        .take(BEGINNING)
        .read_to_end(&mut beginning)?;
    let beginning = String::from_utf8_lossy(&beginning);
    Ok(beginning.starts_with(HTML_REPORT_START) && beginning.contains(marker))
}
