//! Tells the program the commit that it is built from, where there is one.

use std::path::Path;
use std::process::Command;

fn main() {
    // A path that is not there would have the program built anew each time.
    let watched = ["build.rs", ".git/HEAD", ".git/logs/HEAD"];
    for path in watched.into_iter().filter(|path| Path::new(path).exists()) {
        println!("cargo:rerun-if-changed={path}");
    }
    let version = env!("CARGO_PKG_VERSION");
    let version = match commit() {
        Some(commit) => format!("{version} ({commit})"),
        None => version.to_owned(),
    };
    println!("cargo:rustc-env=PROGRAM_VERSION={version}");
}

/// A packaged source has no commit, and a machine may have no git; both are no error.
fn commit() -> Option<String> {
    let arguments = ["rev-parse", "--short=12", "HEAD"];
    let output = Command::new("git").args(arguments).output().ok()?;
    let commit = String::from_utf8(output.stdout).ok()?;
    let commit = commit.trim();
    (output.status.success() && !commit.is_empty()).then(|| commit.to_owned())
}
