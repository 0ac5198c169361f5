//! The flags of how a manifest is read.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use encoding_rs::Encoding;

use super::{COPY, OF_LIST, OF_RETRY};

/// How a manifest is read.
#[derive(Debug, Args)]
pub struct ReadingArgs {
    #[command(flatten)]
    pub set: SetArgs,
    #[command(flatten)]
    pub text: TextArgs,
    /// The format, if the file's name does not say it
    #[arg(long, group = OF_LIST, env = "ESIGN_COPY_FORMAT", value_enum, help_heading = COPY)]
    pub format: Option<ManifestFormat>,
    /// Accept NAME as a column of your own although it looks misspelt (repeatable)
    #[arg(long, group = OF_LIST, value_name = "NAME", help_heading = COPY)]
    pub other_column: Vec<String>,
    /// What to do if two records are the same row
    #[arg(long, group = OF_LIST, env = "ESIGN_COPY_DUPLICATES", value_enum,
          default_value_t = Duplicates::Error, help_heading = COPY)]
    pub duplicates: Duplicates,
    /// Refuse the manifest unless it has exactly N rows
    #[arg(long, group = OF_LIST, value_name = "N", value_parser = super::values::count,
          help_heading = COPY)]
    pub expect_rows: Option<u64>,
}

/// What the text of a file is.
#[derive(Debug, Clone, Args)]
pub struct TextArgs {
    /// The sheet to read, if several sheets of a workbook hold something
    #[arg(long, group = OF_LIST, env = "ESIGN_COPY_SHEET", value_name = "NAME", help_heading = COPY)]
    pub sheet: Option<String>,
    /// The encoding of a file that is not UTF-8, such as windows-1252 or utf-16le
    #[arg(long, group = OF_LIST, env = "ESIGN_COPY_ENCODING", value_name = "NAME",
          value_parser = super::values::encoding, help_heading = COPY)]
    pub encoding: Option<&'static Encoding>,
}

#[derive(Debug, Args)]
pub struct SetArgs {
    /// Read a list with any columns as FILE says
    ///
    /// `init` writes such a mapping file.
    #[arg(long, groups = [OF_LIST, OF_RETRY], env = "ESIGN_COPY_MAPPING", value_name = "FILE",
          help_heading = COPY)]
    pub mapping: Option<PathBuf>,
    /// Fill a column's empty cells with VALUE (repeatable)
    #[arg(long, group = OF_LIST, value_name = "COLUMN=VALUE", help_heading = COPY)]
    pub set: Vec<String>,
    /// Send nothing to the addresses in FILE
    ///
    /// One on each line, or a CSV with one e-mail column. Their rows fail as `excluded`, and stay so until a run is
    /// given an --exclude list without them.
    #[arg(long, groups = [OF_LIST, OF_RETRY], env = "ESIGN_COPY_EXCLUDE", value_name = "FILE",
          help_heading = COPY)]
    pub exclude: Option<PathBuf>,
    /// Send at most N copies to one address; the other rows fail
    #[arg(long, groups = [OF_LIST, OF_RETRY], env = "ESIGN_COPY_MAX_PER_ADDRESS", value_name = "N",
          value_parser = super::values::positive_count, help_heading = COPY)]
    pub max_per_address: Option<u64>,
    /// Report rows with bad values as failed; send the others
    #[arg(long, group = OF_LIST, env = "ESIGN_COPY_SKIP_INVALID", help_heading = COPY)]
    pub skip_invalid: bool,
    /// Allow rows without signers: their copies keep the source's signers
    #[arg(help_heading = COPY)]
    #[arg(long, groups = [OF_LIST, OF_RETRY])]
    pub keep_source_signers: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ManifestFormat {
    /// Comma, semicolon or tab separated (.csv .tsv .txt)
    Csv,
    /// One JSON array of records (.json)
    Json,
    /// JSON records, one a line (.jsonl .ndjson)
    Jsonl,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Duplicates {
    /// Refuse the manifest
    Error,
    /// Send the row once; both records show its outcome
    Skip,
}
