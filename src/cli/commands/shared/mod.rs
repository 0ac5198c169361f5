//! Steps that several commands share.

pub mod command_context;
pub mod corrections;
pub mod find_job;
pub mod import_manifest;
pub mod messages;
pub mod next_lines;
pub mod output_files;
pub mod plan;
pub mod recovery;
pub mod render_report;
mod report_rows;
pub mod runtime;
pub mod service;
