//! A run: one loop hands out work (look-ups that are due, rows that wait for another try, new rows) as
//! tasks, and goes on from what each came to. What waits holds no slot.

mod claimed;
mod loop_state;
mod panics;
mod run_loop;
mod side_reads;
mod uncertain_rows;

pub use run_loop::{RunEnd, run};
