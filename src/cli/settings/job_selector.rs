//! The job that a command is about.

use std::path::PathBuf;

use crate::cli::args::JobArgs;
use crate::cli::{Endpoint, Environment, Failure};

/// Which job a command is about.
pub struct JobSelector {
    /// A manifest, its report or its ledger.
    pub path: PathBuf,
    /// The endpoint, if one was named.
    pub endpoint: Option<Endpoint>,
    /// Whether it was named by the variable, which is about every job.
    pub is_usual_endpoint: bool,
    /// The ledger, if one was named.
    pub ledger: Option<PathBuf>,
}

impl JobSelector {
    pub(super) fn from_args(args: JobArgs, environment: &Environment) -> Result<Self, Failure> {
        Ok(Self {
            is_usual_endpoint: environment.typed_value("--endpoint").is_none(),
            path: args.path,
            endpoint: args.endpoint.as_deref().map(Endpoint::parse).transpose()?,
            ledger: args.ledger,
        })
    }
}
