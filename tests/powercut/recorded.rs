//! A job of several runs, recorded call by call.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use esign_copy::sandbox::{Running, Sandbox, Settings};

use crate::trace::{self, Event};

/// What a recorded job left.
pub struct Recorded {
    /// Everything that it did to its folder and sent, in order.
    pub trace: Vec<Event>,
    /// The rows of its manifest.
    pub rows: usize,
}

const SOURCE: &str = "3f0c6c1e-0000-4000-8000-000000000001";

/// Runs a job of so many rows in two runs, so that a ledger is begun, closed and opened again.
/// Every tenth row is refused by the service and every tenth is left unknown.
pub fn job(rows: usize) -> Recorded {
    let sandbox = Sandbox::start(Settings::default()).unwrap();
    let apart = tempfile::tempdir().unwrap();
    let (shim, trace) = (apart.path().join("shim.so"), apart.path().join("trace"));
    compile(&shim);
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    std::fs::write(folder.join("m.csv"), manifest(rows)).unwrap();
    let half = (rows / 2).to_string();
    for more in [&["--limit", &half][..], &[]] {
        let output = command(&sandbox, &folder, more)
            .env("LD_PRELOAD", &shim)
            .env("POWERCUT_TRACE", &trace)
            .env("POWERCUT_FOLDER", &folder)
            .output()
            .unwrap();
        let code = output.status.code();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(code, Some(4), "{told}");
    }
    assert_eq!(sandbox.stats().copies_received, rows as u64);
    Recorded {
        trace: trace::read(&trace),
        rows,
    }
}

fn manifest(rows: usize) -> String {
    let row = |number: usize| {
        let fault = match number % 10 {
            3 => "+refuse",
            7 => "+drop-after-commit",
            _ => "",
        };
        format!("{SOURCE},Lease,Li,a{number}{fault}@example.com\n")
    };
    let header = "source_session_id,title,signer_1_last_name,signer_1_email\n";
    header.to_owned() + &(0..rows).map(row).collect::<String>()
}

fn command(sandbox: &Running, folder: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_esign-copy"));
    command
        .args(["run", "m.csv", "--endpoint", &sandbox.base_url()])
        .args([
            "--rate",
            "max",
            "--concurrency",
            "8",
            "--on-uncertain",
            "hold",
        ])
        .args(["--max-uncertain", "none", "--no-canary"])
        .args(more)
        .current_dir(folder)
        .env_clear()
        .env("ESIGN_COPY_API_KEY", sandbox.api_key())
        .env("ESIGN_COPY_SALT", sandbox.salt())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

fn compile(to: &Path) {
    let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/powercut/shim.c");
    let output = Command::new("cc")
        .args([
            "-Wall", "-Wextra", "-Werror", "-O2", "-shared", "-fPIC", "-pthread", "-o",
        ])
        .args([to, &source])
        .arg("-ldl")
        .output()
        .expect("cc builds SQLite, so it is there");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
}
