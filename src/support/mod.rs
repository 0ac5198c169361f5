//! Small things without a domain: a rate as people write it, a file replaced in one step,
//! text made safe to show, places where tests may crash the program.

mod atomic;
mod failpoints;
mod paths;
mod rate;
mod redact;
mod shell;
mod temporary;
mod text;

pub use atomic::{
    create_private, persist, persist_new, replace, sync_folder, temporary_next_to, written_next_to,
};
pub use failpoints::crash_point;
pub use paths::{if_there, unused_path, with_suffix};
pub use rate::Rate;
pub use redact::redacted;
pub use shell::command_line;
pub use temporary::{TemporaryFile, TemporaryFolder, TemporaryPaths, remove_temporaries};
pub use text::{
    counted, enumerated, excerpt, is_invisible, is_terminal_control, one_line, one_line_indented,
    singular_or, thousands, without_byte_order_mark,
};
