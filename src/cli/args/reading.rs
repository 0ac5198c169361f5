//! The flags of how a manifest is read.

use clap::{Args, ValueEnum};

use super::{COPY, OF_LIST, OF_RETRY};

/// How a manifest is read.
#[derive(Debug, Args)]
pub struct ReadingArgs {
    #[command(flatten)]
    pub set: SetArgs,
    /// The form of the manifest, if its name does not tell
    #[arg(long, group = OF_LIST, env = "ESIGN_COPY_FORMAT", value_enum, help_heading = COPY)]
    pub format: Option<ManifestFormat>,
    /// A column of your own whose name looks like a misspelling; repeatable
    #[arg(long, group = OF_LIST, value_name = "NAME", help_heading = COPY)]
    pub other_column: Vec<String>,
    /// Two records that are the same row: refuse the manifest, or send the row once
    #[arg(long, group = OF_LIST, env = "ESIGN_COPY_DUPLICATES", value_enum,
          default_value_t = Duplicates::Error, help_heading = COPY)]
    pub duplicates: Duplicates,
    /// Refuse a manifest with any other number of rows
    #[arg(long, group = OF_LIST, value_name = "N", value_parser = super::values::count,
          help_heading = COPY)]
    pub expect_rows: Option<u64>,
}

#[derive(Debug, Args)]
pub struct SetArgs {
    /// A constant for rows whose cell is empty or missing; repeatable
    #[arg(long, group = OF_LIST, value_name = "COLUMN=VALUE", help_heading = COPY)]
    pub set: Vec<String>,
    /// Report rows with bad values as failed and send the others
    #[arg(long, group = OF_LIST, env = "ESIGN_COPY_SKIP_INVALID", help_heading = COPY)]
    pub skip_invalid: bool,
    /// Allow rows that name no signer: their copies keep their source's
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
    Error,
    Skip,
}
