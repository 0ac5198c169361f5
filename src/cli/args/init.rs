//! The flags of `init`.

use std::path::PathBuf;

use clap::Args;

use super::{LogArgs, ManifestFormat, ServiceArgs, TextArgs};

#[derive(Debug, Args)]
#[command(groups = super::next_command_groups())]
pub struct InitArgs {
    /// A list with any columns (CSV or a workbook); - reads standard input
    pub list: PathBuf,
    /// The mapping file to write; - is standard output [default: next to the list, NAME.mapping.toml]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The format, if the file's name does not say it
    #[arg(long, env = "ESIGN_COPY_FORMAT", value_enum, group = super::OF_LIST)]
    pub format: Option<ManifestFormat>,
    #[command(flatten)]
    pub text: TextArgs,
    /// Ask the service for the signers and roles of the session to copy
    ///
    /// This only reads, and needs --endpoint. The flags about the service and the pace (--timeout, --proxy
    /// and others) are for this.
    #[arg(long, value_name = "SOURCE_ID")]
    pub online: Option<String>,
    /// The service that --online asks: sandbox, stage, production or a URL
    #[arg(long, env = "ESIGN_COPY_ENDPOINT", value_name = "ENDPOINT")]
    pub endpoint: Option<String>,
    #[command(flatten)]
    pub service: ServiceArgs,
    #[command(flatten)]
    pub log: LogArgs,
}
