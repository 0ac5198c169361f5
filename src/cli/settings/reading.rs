//! How a manifest, or a report, is read.

use std::path::Path;
use std::sync::Arc;

use data_encoding::HEXLOWER;

use crate::cli::args::{Duplicates, ManifestFormat, ReadingArgs, SetArgs, TextArgs};
use crate::cli::{Failure, Message};
use crate::job::{Column, Exclusion, Fields};
use crate::ledger::ImportOptions;
use crate::manifest::{
    ColumnName, ExcludeList, Format, InputFile, InputOptions, Mapping, MappingError, ReadOptions,
    STANDARD_INPUT, constant_problem, read_exclude_list, text_problem,
};

use crate::support::counted;

/// How a manifest is read, and taken into a ledger.
pub struct ReadingSettings {
    /// For the manifest.
    pub options: ReadOptions,
    /// For the ledger.
    pub import: ImportOptions,
    /// How the file is read, where its name and its bytes don't say it.
    input: InputOptions,
}

impl ReadingSettings {
    /// # Errors
    /// A wrong `--set`, or a mapping that can't be used.
    pub(super) fn from_args(args: &ReadingArgs, accept_changes: bool) -> Result<Self, Failure> {
        Ok(Self {
            options: ReadOptions {
                constants: constants(&args.set, &args.other_column)?,
                other_columns: args.other_column.clone(),
                skip_invalid: args.set.skip_invalid,
                expect_rows: args.expect_rows,
                mapping: mapping(&args.set)?,
                read_before: Vec::new(),
            },
            import: ImportOptions {
                skip_duplicates: args.duplicates == Duplicates::Skip,
                ..import_options(&args.set, accept_changes)?
            },
            input: input_options(args.format, &args.text),
        })
    }

    /// Opens the manifest that was named.
    ///
    /// # Errors
    /// When it can't be read or nothing says its form: wrong usage for standard input, which has no
    /// name that could. A mapping for what is no table.
    pub fn open(&self, path: &Path) -> Result<InputFile, Failure> {
        let file = open_input(path, &self.input)?;
        if self.options.mapping.is_some() && file.format() != Format::Csv {
            let text = "--mapping is for tables; name the fields of a JSON list as esign-copy does";
            return Err(Failure::usage(text));
        }
        Ok(file)
    }

    /// The flags that change what an import means, as one text for the ledger.
    pub fn identity(&self) -> String {
        let constants = self.options.constants.iter();
        let constants = constants.map(|(name, value)| (name.in_report(), value));
        let mut identity = serde_json::json!({
            "set": constants.collect::<std::collections::BTreeMap<_, _>>(),
            "other_column": self.options.other_columns,
            "skip_invalid": self.options.skip_invalid,
            "expect_rows": self.options.expect_rows,
            "duplicates_skip": self.import.skip_duplicates,
            "keep_source_signers": self.import.keep_source_signers,
            // A list that an earlier version imported is judged by these rules once.
            "rules": 2,
        });
        if let Some(mapping) = &self.options.mapping {
            identity[MAPPING] = HEXLOWER.encode(&mapping.sha256()).into();
        }
        if let Some(exclusion) = &self.import.exclusion {
            identity["exclude"] = HEXLOWER.encode(&exclusion.sha256).into();
        }
        if let Some(most) = self.import.max_per_address {
            identity["max_per_address"] = most.into();
        }
        if let Some(sheet) = &self.input.sheet {
            identity["sheet"] = sheet.as_str().into();
        }
        if let Some(encoding) = self.input.encoding {
            identity["encoding"] = encoding.name().into();
        }
        identity.to_string()
    }
}

/// Opens a list that was named.
///
/// # Errors
/// When it can't be read or nothing says its form: wrong usage for standard input, which has no name that
/// could.
pub(super) fn open_input(path: &Path, options: &InputOptions) -> Result<InputFile, Failure> {
    if !is_standard_input(path) {
        return Ok(InputFile::open(path, options.clone())?);
    }
    if options.format.is_none() {
        return Err(Failure::usage(
            "standard input has no name that says what it is; add --format csv, json or jsonl",
        ));
    }
    let input = std::io::stdin().lock();
    Ok(InputFile::of_standard_input(input, options.clone())?)
}

/// What the flags say of how a list is read.
pub(super) fn input_options(format: Option<ManifestFormat>, text: &TextArgs) -> InputOptions {
    InputOptions {
        format: format.map(format_of),
        sheet: text.sheet.clone(),
        encoding: text.encoding,
    }
}

/// The form that a flag says.
fn format_of(format: ManifestFormat) -> Format {
    match format {
        ManifestFormat::Csv => Format::Csv,
        ManifestFormat::Json => Format::Json,
        ManifestFormat::Jsonl => Format::JsonLines,
    }
}

/// The `--set` constants.
///
/// # Errors
/// Wrong usage: no `=`, a misspelt column, a column that can't be constant, or one said twice.
fn constants(args: &SetArgs, others: &[String]) -> Result<Vec<(ColumnName, String)>, Failure> {
    let mut constants: Vec<(ColumnName, String)> = Vec::new();
    for text in &args.set {
        let refused = |reason: &str| Failure::usage(format!("--set {text}: {reason}"));
        let (column, value) = text
            .split_once('=')
            .ok_or_else(|| refused("write it as COLUMN=VALUE"))?;
        let name = ColumnName::read(column.trim(), others).map_err(|reason| refused(&reason))?;
        if name == ColumnName::Known(Column::RowId) {
            return Err(refused("rows can't share one row id"));
        }
        if column.trim().is_empty() || value.trim().is_empty() {
            return Err(refused("the column and the value must not be empty"));
        }
        let is_stray = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
        if let Some(problem) = text_problem(value) {
            return Err(refused(&format!("the value {problem}")));
        }
        if value.contains(is_stray) {
            return Err(refused("the value contains control characters"));
        }
        if constants.iter().any(|(known, _)| *known == name) {
            return Err(refused("this column is already set"));
        }
        if let ColumnName::Known(column) = &name
            && let Some(problem) = constant_problem(column, value)
        {
            return Err(refused(&problem));
        }
        constants.push((name, value.trim().to_owned()));
    }
    Ok(constants)
}

/// How a report, or a manifest without flags of its own, is taken into a ledger.
///
/// # Errors
/// An `--exclude` list that can't be used.
pub(super) fn import_options(
    args: &SetArgs,
    accept_changes: bool,
) -> Result<ImportOptions, Failure> {
    let exclusion = args.exclude.as_deref().map(exclusion);
    let exclusion = exclusion.transpose()?;
    Ok(ImportOptions {
        skip_invalid: args.skip_invalid,
        keep_source_signers: args.keep_source_signers,
        accept_changes,
        exclusion: exclusion.map(Arc::new),
        max_per_address: args.max_per_address,
        ..ImportOptions::default()
    })
}

/// Where the flags of an import have the hash of its mapping.
const MAPPING: &str = "mapping";

/// Whether the flags of an import, as [`ReadingSettings::identity`] wrote them, have this mapping.
pub fn has_mapping(identity: &str, mapping: &Mapping) -> bool {
    let flags: serde_json::Value = serde_json::from_str(identity).unwrap_or_default();
    flags[MAPPING].as_str() == Some(&HEXLOWER.encode(&mapping.sha256()))
}

/// How the corrections of a report are read.
#[derive(Debug, Clone, Default)]
pub struct CorrectionSettings {
    /// The `--set` values.
    pub constants: Fields,
    /// The mapping of the list, for corrections in its own columns.
    pub mapping: Option<Mapping>,
    /// How the report is read.
    pub input: InputOptions,
}

impl CorrectionSettings {
    /// # Errors
    /// Wrong usage: a column that is not sent, or no constant at all. A mapping that can't be used.
    pub(super) fn from_args(args: &SetArgs, text: &TextArgs) -> Result<Self, Failure> {
        Ok(Self {
            constants: sent_constants(args)?,
            mapping: mapping(args)?,
            input: input_options(None, text),
        })
    }
}

/// Refused for problems of a mapping.
pub fn refused_for(problem_lines: Vec<String>) -> Failure {
    let count = counted(problem_lines.len() as u64, "problem");
    refused_as(format!("{count}; nothing was sent"), problem_lines)
}

/// Refused for problems, a line each, that a text sums up.
fn refused_as(text: String, problem_lines: Vec<String>) -> Failure {
    let messages = problem_lines
        .iter()
        .map(|line| Message::error("problem", line));
    Failure {
        problem_messages: messages.collect(),
        problem_lines,
        ..Failure::refused(text)
    }
}

/// The `--exclude` list.
fn exclusion(path: &Path) -> Result<Exclusion, Failure> {
    let ExcludeList {
        file,
        exclusion,
        problems,
    } = read_exclude_list(path)?;
    if problems.is_empty() {
        return Ok(exclusion);
    }
    let count = counted(problems.total(), "problem");
    let text = format!("{count} in the --exclude list; nothing was sent");
    let problem_lines = problems.lines(&|line| file.place(line), "line");
    Err(refused_as(text, problem_lines))
}

fn mapping(args: &SetArgs) -> Result<Option<Mapping>, Failure> {
    let read = args.mapping.as_deref().map(Mapping::open);
    read.transpose().map_err(|error| match error {
        MappingError::Refused(problems) => refused_for(problems),
        error @ MappingError::Io { .. } => Failure::refused(error),
    })
}

fn sent_constants(args: &SetArgs) -> Result<Fields, Failure> {
    let mut fields = Fields::default();
    for (name, value) in constants(args, &[])? {
        match name {
            ColumnName::Known(column) => fields.set(column, &value),
            ColumnName::Other(name) => {
                return Err(Failure::usage(format!(
                    "--set {name}: '{name}' is not sent to the service, so retry can't set it"
                )));
            }
        }
    }
    Ok(fields)
}

/// Whether a manifest's path stands for standard input.
pub fn is_standard_input(path: &Path) -> bool {
    path == Path::new(STANDARD_INPUT)
}
