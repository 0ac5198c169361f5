//! The flags of the sandbox, and of what it does wrong.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::values::{duration, duration_or_zero};
use crate::sandbox::Rate as FaultRate;

#[derive(Debug, Args)]
pub struct SandboxArgs {
    /// Where to listen, on loopback; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// Keep the sessions in FILE over a restart
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// The e-mail address that owns every session
    #[arg(long, value_name = "EMAIL", default_value = "owner@example.com")]
    pub owner: String,
    /// How long a token lives
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration)]
    pub token_life: Duration,
    /// A token is good for one call only
    #[arg(long)]
    pub token_single_use: bool,
    /// How long look-ups don't show a new copy
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration_or_zero)]
    pub visibility_delay: Duration,
    /// How long a copy takes
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration_or_zero)]
    pub latency: Duration,
    /// How answers look, such as session=Sessions[] or null=literal; repeatable
    #[arg(long, value_name = "PART=STYLE")]
    pub answer: Vec<String>,
    #[command(flatten)]
    pub faults: FaultArgs,
    /// List every fault with what it does, and end
    #[arg(long)]
    pub list_faults: bool,
}

/// What the sandbox does wrong on purpose.
#[derive(Debug, Args)]
pub struct FaultArgs {
    /// The sandbox misbehaves at this rate, such as 429=5% or hang-after-commit=1%; repeatable
    #[arg(long, value_name = "FAULT=P%")]
    pub fault: Vec<FaultRate>,
    /// A JSON file that tells what the next copies for an e-mail or source session meet
    #[arg(long, value_name = "FILE")]
    pub fault_script: Option<PathBuf>,
    /// The seed of the faults' draws: the same seed, the same faults
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub fault_seed: u64,
}

impl FaultArgs {
    /// Whether anything was asked for.
    pub fn is_empty(&self) -> bool {
        self.fault.is_empty() && self.fault_script.is_none()
    }
}
