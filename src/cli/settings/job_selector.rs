//! The job that a command is about.

use std::path::PathBuf;

use crate::cli::args::JobArgs;
use crate::cli::{Endpoint, Failure};

/// Which job a command is about.
pub struct JobSelector {
    /// A manifest, its report or its ledger.
    pub path: PathBuf,
    /// The endpoint, if one was named.
    pub endpoint: Option<Endpoint>,
    /// The ledger, if one was named.
    pub ledger: Option<PathBuf>,
}

impl JobSelector {
    pub(super) fn from_args(args: JobArgs) -> Result<Self, Failure> {
        Ok(Self {
            path: args.path,
            endpoint: args.endpoint.as_deref().map(Endpoint::parse).transpose()?,
            ledger: args.ledger,
        })
    }
}
