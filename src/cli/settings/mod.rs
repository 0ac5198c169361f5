//! What a command line means: one settings for each command, resolved once from what was typed.
//! Nothing else sees `cli::args`.

mod check;
mod command;
mod init;
mod job_selector;
mod mistaken_file;
mod reading;
mod sending;
mod service;
mod typed_command;

pub use check::{Check, CheckedManifest, CheckedReport};
pub use command::{Audit, Report, Resolve, Settings, output_options};
pub use init::{Init, MappingOutput};
pub use job_selector::JobSelector;
pub use reading::{
    CorrectionSettings, ReadingSettings, has_mapping, is_standard_input, refused_for,
};
pub use sending::{Input, Recovery, Retry, Run, RunFiles, SendingCommand, SendingSettings};
pub use service::ServiceSettings;
pub use typed_command::TypedCommand;
