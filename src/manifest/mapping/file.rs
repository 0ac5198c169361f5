//! A mapping file: TOML in the shape of a JSON record, its values templates or constants.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use minijinja::Environment;
use sha2::{Digest, Sha256};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::mapped_column::{MappedColumn, MappedValue};
use super::template::{
    environment, is_template, minds_empty_cells, named_columns, template_problem,
};
use crate::job::{Column, SIGNERS, SignerColumn};
use crate::manifest::json_members::SignerMember;
use crate::manifest::{constant_problem, text_problem};
use crate::support::one_line;

/// How the rows of a list become rows of a manifest.
#[derive(Debug, Clone)]
pub struct Mapping(Arc<Content>);

#[derive(Debug)]
pub(super) struct Content {
    path: PathBuf,
    /// In the order of the file.
    pub(super) columns: Vec<MappedColumn>,
    /// The signers whom a row need not have.
    pub(super) optional_signers: Vec<u16>,
    pub(super) templates: Environment<'static>,
    sha256: [u8; 32],
}

/// A mapping file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// It can't be read.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// What is wrong with it, each with its line.
    #[error("{}", .0.join("\n"))]
    Refused(Vec<String>),
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// When it can't be read, is no TOML, names what is no column of ours, or has a value that can't
    /// be sent.
    pub fn open(path: &Path) -> Result<Self, MappingError> {
        let text = read_text(path).map_err(|error| MappingError::Io {
            path: path.to_owned(),
            error,
        })?;
        Self::parse(path, &text)
    }

    /// Reads the text of a mapping file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(path: &Path, text: &str) -> Result<Self, MappingError> {
        let mut reader = Reader {
            path,
            text,
            columns: Vec::new(),
            optional_signers: Vec::new(),
            templates: environment(),
            problems: Vec::new(),
        };
        match DeTable::parse(text) {
            Ok(table) => reader.read_record(table.get_ref()),
            Err(error) => {
                let start = error.span().map_or(0, |span| span.start);
                let message = error.message().replace('\n', ", ");
                let line = reader.line(start) as usize;
                let line = text.lines().nth(line - 1).unwrap_or_default();
                reader.refuse(
                    start,
                    &format!("{message}: '{}'", one_line(line.trim(), 60)),
                );
            }
        }
        if !reader.problems.is_empty() {
            reader.problems.sort();
            let problems = reader.problems.into_iter().map(|(_, text)| text);
            return Err(MappingError::Refused(problems.collect()));
        }
        reader.columns.sort_by_key(|column| column.line);
        Ok(Self(Arc::new(Content {
            path: path.to_owned(),
            columns: reader.columns,
            optional_signers: reader.optional_signers,
            templates: reader.templates,
            sha256: Sha256::digest(text).into(),
        })))
    }

    pub(super) fn content(&self) -> &Content {
        &self.0
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// SHA-256 of the file, by which a change of it is noticed.
    pub fn sha256(&self) -> [u8; 32] {
        self.0.sha256
    }

    /// The known columns that it fills, in its order.
    pub fn columns(&self) -> impl Iterator<Item = &Column> {
        self.0.columns.iter().map(|one| &one.column)
    }

    /// A place in the file, for messages.
    pub(super) fn place(&self, line: u64) -> String {
        format!("{}:{line}", self.0.path.display())
    }

    /// A problem with its place.
    pub(super) fn problem(&self, line: u64, text: &str) -> String {
        format!("{}: {text}", self.place(line))
    }
}

/// A mapping file has at most this many bytes, and a template as many characters as a cell.
const FILE_BYTES: u64 = 1 << 20;
const TEMPLATE_CHARACTERS: usize = 10_000;

fn read_text(path: &Path) -> io::Result<String> {
    // Looked at before it is opened: to open a pipe is to wait for somebody to write.
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    if metadata.len() > FILE_BYTES {
        return Err(io::Error::other(
            "it has more than 1 MiB: is it the mapping file?",
        ));
    }
    std::fs::read_to_string(path)
}

/// A mapping file as it is read.
struct Reader<'t> {
    path: &'t Path,
    text: &'t str,
    columns: Vec<MappedColumn>,
    optional_signers: Vec<u16>,
    templates: Environment<'static>,
    /// Each with its line.
    problems: Vec<(u64, String)>,
}

/// A table's lines in the order of the file.
fn in_order<'t, 'v>(table: &'t DeTable<'v>) -> Vec<(&'t Key<'v>, &'t Spanned<DeValue<'v>>)> {
    let mut lines: Vec<_> = table.iter().collect();
    lines.sort_by_key(|(key, _)| key.span().start);
    lines
}

type Key<'v> = Spanned<Cow<'v, str>>;

impl Reader<'_> {
    fn read_record(&mut self, table: &DeTable<'_>) {
        for (key, value) in in_order(table) {
            let (name, start) = (key.get_ref().as_ref(), key.span().start);
            if name == "signers" {
                self.read_signers(value);
                continue;
            }
            match Column::of_header(name) {
                Some(column) => self.read_value(column, name.to_owned(), start, value),
                None if SignerColumn::of_unnumbered(name).is_some() => {
                    let text = format!("'{name}' is a signer's; write it below a line [[signers]]");
                    self.refuse(start, &text);
                }
                None => self.refuse_key(start, name),
            }
        }
    }

    fn read_signers(&mut self, value: &Spanned<DeValue<'_>>) {
        let start = value.span().start;
        let Some(signers) = value.get_ref().as_array() else {
            return self.refuse(
                start,
                "signers must be a list: write [[signers]] above each one",
            );
        };
        if signers.len() > usize::from(*SIGNERS.end()) {
            return self.refuse(start, &format!("has over {} signers", SIGNERS.end()));
        }
        for (signer, number) in signers.iter().zip(SIGNERS) {
            let start = signer.span().start;
            let Some(table) = signer.get_ref().as_table() else {
                self.refuse(
                    start,
                    "a signer must be a table: write [[signers]] above each one",
                );
                continue;
            };
            self.read_signer(number, table);
            let is_known = |column: &MappedColumn| {
                let is_key = |member| column.column == Column::Signer(number, member);
                is_key(SignerColumn::Email) || is_key(SignerColumn::Id)
            };
            if !self.columns.iter().any(is_known) {
                let text = format!("signers[{}]: a signer needs email or id", number - 1);
                self.refuse(start, &text);
            }
        }
    }

    fn read_signer(&mut self, number: u16, table: &DeTable<'_>) {
        for (key, value) in in_order(table) {
            let (name, start) = (key.get_ref().as_ref(), key.span().start);
            let place = format!("signers[{}].{name}", number - 1);
            if name == "optional" {
                match value.get_ref().as_bool() {
                    Some(true) => self.optional_signers.push(number),
                    Some(false) => {}
                    None => self.refuse(start, &format!("{place}: must be true or false")),
                }
                continue;
            }
            match SignerMember::read(name) {
                Ok(SignerMember::Cell(member)) => {
                    self.read_value(Column::Signer(number, member), place, start, value);
                }
                Ok(SignerMember::Merge) => self.read_merge_fields(number, &place, value),
                Err(problem) if problem.ends_with("merge") => {
                    self.refuse(start, &format!("{place}: {problem}; and optional"));
                }
                Err(problem) => self.refuse(start, &format!("{place}: {problem}")),
            }
        }
    }

    fn read_merge_fields(&mut self, number: u16, place: &str, value: &Spanned<DeValue<'_>>) {
        let Some(fields) = value.get_ref().as_table() else {
            let text = format!("{place}: must have a name and a value for each field");
            return self.refuse(value.span().start, &text);
        };
        for (key, value) in in_order(fields) {
            let (name, start) = (key.get_ref().trim().to_owned(), key.span().start);
            let place = format!("{place}.{name}");
            if name.is_empty() {
                self.refuse(start, &format!("{place}: the merge field has no name"));
            } else {
                let column = Column::Signer(number, SignerColumn::Merge(name));
                self.read_value(column, place, start, value);
            }
        }
    }

    fn read_value(
        &mut self,
        column: Column,
        place: String,
        start: usize,
        value: &Spanned<DeValue<'_>>,
    ) {
        let line = self.line(start);
        if let Some(first) = self.columns.iter().find(|one| one.column == column) {
            let text = format!("{place}: line {} already has this column", first.line);
            return self.refuse(start, &text);
        }
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Boolean(flag) => flag.to_string(),
            DeValue::Datetime(day) => day.to_string(),
            other => {
                let text = format!(
                    "{place}: is of the type {}; write it as text",
                    other.type_str()
                );
                return self.refuse(start, &text);
            }
        };
        let line_of_text = self.line(value.span().start);
        let value = match is_template(&text) {
            true => self.read_template(&place, line_of_text, text),
            false => self.read_constant(&column, &place, line, text),
        };
        self.columns.push(MappedColumn {
            column,
            place,
            line,
            value,
        });
    }

    fn read_template(&mut self, place: &str, line: u64, text: String) -> MappedValue {
        if text.chars().count() > TEMPLATE_CHARACTERS {
            let problem = format!("{place}: has more than {TEMPLATE_CHARACTERS} characters");
            self.problem(line, &problem);
            return MappedValue::Constant(String::new());
        }
        let added = self
            .templates
            .add_template_owned(place.to_owned(), text.clone());
        if let Err(error) = added {
            let line = line + error.line().map_or(0, |line| line.saturating_sub(1) as u64);
            self.problem(line, &format!("{place}: {}", template_problem(&error)));
        }
        MappedValue::Template {
            names: named_columns(&self.templates, place, &text),
            minds_empty_cells: minds_empty_cells(&text),
        }
    }

    fn read_constant(
        &mut self,
        column: &Column,
        place: &str,
        line: u64,
        text: String,
    ) -> MappedValue {
        let problem = match column {
            Column::RowId => Some("rows can't share one row id".to_owned()),
            _ if text.trim().is_empty() => {
                Some("is empty; fill it in, or delete the line".to_owned())
            }
            _ => text_problem(&text).or_else(|| constant_problem(column, &text)),
        };
        if let Some(problem) = problem {
            self.problem(line, &format!("{place}: {problem}"));
        }
        MappedValue::Constant(text)
    }

    fn refuse_key(&mut self, start: usize, key: &str) {
        let names = || {
            Column::of_session()
                .map(|(_, name)| name)
                .chain(["signers"])
        };
        let nearest = names().find(|name| strsim::osa_distance(name, key) <= 2);
        let what = match nearest {
            Some(meant) => format!("; did you mean {meant}?"),
            None => format!(". The names are {}", names().collect::<Vec<_>>().join(", ")),
        };
        let key = one_line(key, 60);
        self.refuse(start, &format!("'{key}' is no column to fill{what}"));
    }

    fn refuse(&mut self, start: usize, text: &str) {
        self.problem(self.line(start), text);
    }

    fn problem(&mut self, line: u64, text: &str) {
        let text = format!("{}:{line}: {text}", self.path.display());
        self.problems.push((line, text));
    }

    fn line(&self, start: usize) -> u64 {
        let before = self.text.get(..start).unwrap_or(self.text);
        1 + before.matches('\n').count() as u64
    }
}
