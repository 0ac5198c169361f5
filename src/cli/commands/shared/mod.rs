//! Steps that several commands share.

pub mod file_names;
pub mod find_job;
pub mod html_page;
pub mod messages;
pub mod output_files;
pub mod plan;
pub mod recovery;
pub mod report_file;
mod report_rows;
pub mod service;
