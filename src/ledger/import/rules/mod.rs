//! What refuses rows. A new rule has its place here: one that binds a row by itself in `row` (the cells of
//! lists are judged where they are read), one that compares rows with each other or with the ledger as a
//! function of its own. `all_rules` says in which order they are asked.

mod all_rules;
mod changes;
mod flaws;
mod generated_ids;
mod lookalikes;
mod report_rows;
mod row;
mod same_row;
mod signers;

pub use all_rules::{RuleResults, of_list, of_report};
pub use flaws::add as add_flaws;
pub use lookalikes::remember_merged;
pub use report_rows::{reached_again, refused_sessions, same_content};
pub use row::{ConstantProblems, RowRules, read_request};
pub use same_row::{SkippedDuplicate, duplicate_count, skipped};
