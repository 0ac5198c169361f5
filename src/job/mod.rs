//! The words of the domain, as plain types: no I/O, no async, no clock.
//!
//! A manifest's record becomes [`Fields`], the known cells of a row. From them come the row's
//! identity ([`RowId`], [`ContentHash`], [`Audience`]) and, once they are valid, the
//! [`CopyRequest`] that is sent. [`Status`] and [`ErrorClass`] say how a row stands,
//! [`Ending`] how one attempt ended, and [`ReportLine`] is what a report shows of a record.

mod column;
mod copy_request;
mod dialect;
mod fields;
mod header;
mod ids;
mod misread;
mod outcome;
mod record;
mod report_line;
mod spelling;
mod spreadsheet;
mod text;
mod title;
mod trouble;
mod values;

pub use column::{Column, SignerColumn};
pub use copy_request::{CopyRequest, FieldProblem, Signer};
pub use dialect::{CsvDialect, SEPARATORS};
pub use fields::{Audience, ContentHash, Fields};
pub use header::{is_separator, normalised};
pub use ids::{InvalidId, RowId, SessionId, TransactionId};
pub use misread::is_misread;
pub use outcome::{AttemptClass, Ending, ErrorClass, RowState, Status};
pub use record::{Flaw, Record};
pub use report_line::{REPORT_COLUMNS, ReportLine};
pub use spelling::Spelling;
pub use spreadsheet::Damage;
pub use text::{HeaderNames, Lookalike, Suspicion, suspicions, text_problems};
pub use title::{is_title, title_key};
pub use trouble::Trouble;
pub use values::{EXPIRES_DAYS_AHEAD, expires_on_problem, is_email};
