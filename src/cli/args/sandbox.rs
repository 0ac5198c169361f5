//! The flags of the sandbox, and of what it does wrong.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::values::{address, count, duration, duration_or_zero};
use crate::sandbox::Rate as FaultRate;

#[derive(Debug, Args)]
pub struct SandboxArgs {
    /// Address to listen on (this machine only); port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", value_parser = address)]
    pub listen: SocketAddr,
    /// Keep the sessions in FILE across restarts
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// E-mail address of the sessions' owner
    #[arg(long, value_name = "EMAIL", default_value = "owner@example.com")]
    pub owner: String,
    /// How long a token is valid
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration)]
    pub token_life: Duration,
    /// Accept each token only once
    #[arg(long)]
    pub token_single_use: bool,
    /// How long look-ups do not find a new copy
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration_or_zero)]
    pub visibility_delay: Duration,
    /// How long a copy takes
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration_or_zero)]
    pub latency: Duration,
    /// Form of the answers, such as session=Sessions[] or null=literal (repeatable)
    #[arg(long, value_name = "PART=STYLE")]
    pub answer: Vec<String>,
    #[command(flatten)]
    pub faults: FaultArgs,
    /// List the faults and what each does
    #[arg(long)]
    pub list_faults: bool,
}

/// What the sandbox does wrong on purpose.
#[derive(Debug, Args)]
pub struct FaultArgs {
    /// Make the sandbox fail at this rate, such as 429=5% (repeatable; see sandbox --list-faults)
    #[arg(long, value_name = "FAULT=P%")]
    pub fault: Vec<FaultRate>,
    /// JSON file with the faults for given e-mail addresses or source sessions
    #[arg(long, value_name = "FILE")]
    pub fault_script: Option<PathBuf>,
    /// Seed of the random faults: the same seed gives the same faults
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = count)]
    pub fault_seed: u64,
}

impl FaultArgs {
    /// Whether anything was asked for.
    pub fn is_empty(&self) -> bool {
        self.fault.is_empty() && self.fault_script.is_none()
    }
}
