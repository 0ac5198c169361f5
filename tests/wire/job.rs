//! A folder with a manifest, and the built program run in it against a server.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use rusqlite::{Connection, OpenFlags};

pub const SOURCE: &str = "3f0c6c1e-0000-4000-8000-000000000001";

/// A job's folder.
pub struct Job {
    folder: tempfile::TempDir,
}

/// An attempt in the ledger.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub transaction_id: String,
    /// copied, refused, not_sent, unknown.
    pub class: String,
    pub text: String,
}

/// How a run ended.
pub struct Ran {
    pub code: i32,
    pub stderr: String,
}

impl Job {
    /// A job of so many rows, each with an address of its own.
    pub fn of(rows: usize) -> Self {
        let row = |number| format!("{SOURCE},Lease,Li,{}\n", address(number));
        Self::with(
            "source_session_id,title,signer_1_last_name,signer_1_email\n",
            (0..rows).map(row),
        )
    }

    pub fn with(header: &str, rows: impl Iterator<Item = String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let manifest = format!("{header}{}", rows.collect::<String>());
        std::fs::write(folder.path().join("m.csv"), manifest).unwrap();
        Self { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `run m.csv`, holding what is uncertain and sending as fast as it can.
    pub fn command(&self, endpoint: &str, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_esign-copy"));
        command
            .args(["run", "m.csv", "--endpoint", endpoint])
            .args(["--rate", "max", "--on-uncertain", "hold"])
            .args(["--max-uncertain", "none", "--no-canary"])
            .args(more)
            .current_dir(self.folder.path())
            .env_clear()
            .env("ESIGN_COPY_API_KEY", "the-encrypted-key")
            .env("ESIGN_COPY_SALT", "the-salt")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn run(&self, endpoint: &str, more: &[&str]) -> Ran {
        Ran::of(self.command(endpoint, more).output().unwrap())
    }

    /// The same with a ready token: every connection is then a copy's, but for probes.
    pub fn run_with_token(&self, endpoint: &str, more: &[&str]) -> Ran {
        let mut command = self.command(endpoint, more);
        command
            .env_remove("ESIGN_COPY_API_KEY")
            .env_remove("ESIGN_COPY_SALT")
            .env("ESIGN_COPY_TOKEN", "a-ready-token");
        Ran::of(command.output().unwrap())
    }

    pub fn spawn(&self, endpoint: &str, more: &[&str]) -> Child {
        let mut command = self.command(endpoint, more);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    }

    /// The lines of the results file, each as column → cell.
    pub fn report(&self) -> Vec<BTreeMap<String, String>> {
        let mut reader = csv::Reader::from_path(self.path("m.results.csv")).unwrap();
        reader.deserialize().map(Result::unwrap).collect()
    }

    /// Every attempt that the ledger knows.
    pub fn attempts(&self) -> Vec<Attempt> {
        let connection = open_to_read(&self.path("m.ledger"));
        let mut statement = connection
            .prepare(
                "SELECT rows.transaction_id, attempts.class, coalesce(attempts.text, '')
                 FROM attempts JOIN rows ON rows.id = attempts.row ORDER BY attempts.id",
            )
            .unwrap();
        let attempt = |row: &rusqlite::Row| {
            Ok(Attempt {
                transaction_id: row.get(0)?,
                class: row.get::<_, Option<String>>(1)?.unwrap_or_default(),
                text: row.get(2)?,
            })
        };
        let attempts = statement.query_map([], attempt).unwrap();
        attempts.map(Result::unwrap).collect()
    }

    /// How many rows the ledger has in each status.
    pub fn statuses(&self) -> BTreeMap<String, u64> {
        let connection = open_to_read(&self.path("m.ledger"));
        let mut statement = connection
            .prepare("SELECT status, count(*) FROM rows GROUP BY status")
            .unwrap();
        let counts = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        counts.unwrap().map(Result::unwrap).collect()
    }
}

impl Ran {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    pub fn ends_with(self, codes: &[i32]) -> Self {
        assert!(codes.contains(&self.code), "{}: {}", self.code, self.stderr);
        self
    }
}

/// The address of a row's signer.
pub fn address(number: usize) -> String {
    format!("a{number}@example.com")
}

fn open_to_read(path: &Path) -> Connection {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}
