//! How runs are started, and how they end.

use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::case::AttemptOutcome;

/// Runs a command to the end that it is meant to have.
pub fn ended(mut command: Command, outcome: &AttemptOutcome, broken: Option<&str>) -> Output {
    let mut failpoints = broken.map_or_else(String::new, |name| format!("{name}=return;"));
    if let AttemptOutcome::Crashed(point, hit) = outcome {
        failpoints += &format!("{point}={}*off->return", hit - 1);
    }
    let mut child = started(command.env("FAILPOINTS", failpoints));
    let (after, signal) = match outcome {
        AttemptOutcome::Killed(after) => (*after, "-KILL"),
        AttemptOutcome::Terminated(after, _) => (*after, "-TERM"),
        AttemptOutcome::ByItself | AttemptOutcome::Crashed(..) => {
            return child.wait_with_output().unwrap();
        }
    };
    let until = Instant::now() + Duration::from_millis(after);
    while Instant::now() < until && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(2));
    }
    if child.try_wait().unwrap().is_none() {
        let id = child.id().to_string();
        Command::new("kill").args([signal, &id]).status().unwrap();
    }
    child.wait_with_output().unwrap()
}

pub fn started(command: &mut Command) -> Child {
    command.stdout(Stdio::null()).spawn().unwrap()
}
