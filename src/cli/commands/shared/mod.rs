//! Steps that several commands share.

mod corrections;
mod find_job;
mod import_manifest;
mod last_run;
pub mod messages;
mod next_lines;
mod output_files;
pub mod plan;
mod render_report;
mod report_import;
mod report_rows;
mod runtime;
mod service;

pub use corrections::{import_corrections, no_ledger_failure};
pub use find_job::{Job, is_worked_on};
pub use import_manifest::{ManifestImport, other_ledgers, require_readable};
pub use last_run::{list_run, stored_command};
pub use next_lines::{counted_manifests, next_lines};
pub use output_files::{
    OutputKind, require_allowed_files, require_allowed_output, require_folder,
    require_writable_files,
};
pub use render_report::{PageContext, Rendering, render, write_page};
pub use report_import::{ReportImport, ledger_exists_failure};
pub use runtime::block_on;
pub use service::Service;
