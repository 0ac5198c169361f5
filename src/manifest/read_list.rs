//! A list read once for what its columns hold, before there is a mapping for it.

use super::csv_header::header_refusal;
use super::csv_text::{self, CsvText};
use super::detect_dialect::first_records;
use super::guess::ListFacts;
use super::{Format, InputFile, ManifestError};
use crate::job::{Column, SessionId, SignerColumn, is_email};
use crate::support::one_line;

/// No mapping can be drafted for a list.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// It can't be read.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// It is not a list with a header above its rows; the text says where and why.
    #[error("{0}")]
    Refused(String),
    /// Its columns have our names already.
    #[error(
        "{place}: its columns already have the names that are sent ('{header}'): it needs no mapping"
    )]
    NeedsNone {
        /// What the list is called.
        place: String,
        /// One of them.
        header: String,
    },
}

impl InputFile {
    /// Reads the whole list for what its columns hold; `on_row` is called for each row.
    ///
    /// # Errors
    /// When it can't be read, is no table with a header in its first line, or needs no mapping.
    pub fn list_facts(&self, on_row: impl FnMut()) -> Result<ListFacts, ListError> {
        if self.format() != Format::Csv {
            let text = "a JSON list needs no mapping: whoever writes it names its fields as esign-copy does, and \
                        `esign-copy check` says which names it does not know";
            return Err(self.refused(None, text));
        }
        let mut bytes = self.bytes()?;
        let mut text = csv_text::open(self, &mut bytes)?;
        let line = text.header_start.line;
        if let Some((line, problem)) = text.damage() {
            return Err(self.refused(Some(line), problem));
        }
        let (headers, unreadable) = text.headers();
        if let Some(problem) = unreadable.first() {
            return Err(self.refused(Some(line), problem));
        }
        self.require_header(line, &headers)?;
        let facts = self.facts_of_rows(&mut text, &headers, on_row)?;
        if let Some((line, problem)) = text.finish().problems.first() {
            return Err(self.refused(*line, problem));
        }
        self.require_same(bytes)?;
        Ok(facts)
    }

    fn facts_of_rows(
        &self,
        text: &mut CsvText<impl std::io::Read>,
        headers: &[String],
        mut on_row: impl FnMut(),
    ) -> Result<ListFacts, ListError> {
        let mut facts = ListFacts::new(headers);
        let failed = |error: csv::Error| self.failed(error.into());
        while let Some(start) = text.advance().map_err(failed)? {
            if text.is_empty_record() {
                continue;
            }
            let cells = text.cells();
            let cells = cells.map_err(|problem| self.refused(Some(start.line), &problem))?;
            facts.take(&cells);
            on_row();
        }
        Ok(facts)
    }

    fn require_header(&self, line: u64, headers: &[String]) -> Result<(), ListError> {
        if let Some(refusal) = header_refusal(headers) {
            return Err(self.refused(Some(line), &refusal));
        }
        let mut own = headers.iter().filter(|header| is_sent(header, headers));
        if let Some(header) = own.next() {
            return Err(ListError::NeedsNone {
                place: self.place(None),
                header: one_line(header, 60),
            });
        }
        let is_value =
            |header: &&String| is_email(header.trim()) || SessionId::parse(header.trim()).is_ok();
        if let Some(value) = headers.iter().find(is_value) {
            let value = one_line(value, 60);
            let text = format!(
                "this is a row, not a header: it holds '{value}'. Put a line above it that names the columns"
            );
            return Err(self.refused(Some(line), &text));
        }
        if let Some(below) = self.header_below_title(headers)? {
            let word = self.line_word();
            let text = format!(
                "this is no header, but {word} {below} looks like one: delete everything above that, so that \
                 the header comes first"
            );
            return Err(self.refused(Some(line), &text));
        }
        Ok(())
    }

    /// The first line that has far more cells than the first of the file, and none that only rows hold.
    fn header_below_title(&self, headers: &[String]) -> Result<Option<u64>, ManifestError> {
        let filled = |cells: &[String]| cells.iter().filter(|cell| !cell.trim().is_empty()).count();
        let is_title = headers.len() == 1 || filled(headers) < headers.len();
        if !is_title {
            return Ok(None);
        }
        let least = 2 * filled(headers) + 1;
        let is_header = |cells: &[String]| {
            filled(cells) >= least.max(3) && !cells.iter().any(|cell| is_email(cell.trim()))
        };
        let lines = first_records(self)?.into_iter();
        let lines = lines.filter(|(_, cells)| is_header(cells));
        Ok(lines.map(|(line, _)| line).min())
    }

    fn refused(&self, line: Option<u64>, text: &str) -> ListError {
        ListError::Refused(format!("{}: {text}", self.place(line)))
    }
}

/// Whether a header is one under which a list is sent as it is: a signer's, or beside the source's that of the
/// only signer.
fn is_sent(header: &str, headers: &[String]) -> bool {
    let column = |header: &str| Column::of_header(header);
    let mut all = headers.iter();
    let has_source = all.any(|header| column(header) == Some(Column::SourceSessionId));
    match column(header) {
        Some(Column::Signer(..)) => true,
        _ => has_source && SignerColumn::of_unnumbered(header) == Some(SignerColumn::Email),
    }
}
