//! A folder, a service and the program: what every test needs.

#[path = "wait.rs"]
mod wait;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use esign_copy::sandbox::{Running, Sandbox, Settings, Stats};
pub use wait::wait_until;

pub const SOURCE: &str = "3f0c6c1e-0000-4000-8000-000000000001";
pub const HEADER: &str = "source_session_id,title,signer_1_last_name,signer_1_email\n";

/// A job's folder beside a sandbox of its own.
pub struct Job {
    folder: tempfile::TempDir,
    pub sandbox: Running,
}

/// How a run of the program ended.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Job {
    pub fn new() -> Self {
        Self::with(Settings::default())
    }

    pub fn with(settings: Settings) -> Self {
        let sandbox = Sandbox::start(settings).unwrap();
        Self {
            folder: tempfile::tempdir().unwrap(),
            sandbox,
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Writes a manifest with a row for each address.
    pub fn mailing(&self, name: &str, emails: &[&str]) {
        let row = |email: &&str| format!("{SOURCE},Lease,Li,{email}\n");
        let rows: String = emails.iter().map(row).collect();
        self.write(name, format!("{HEADER}{rows}"));
    }

    /// The program in this folder, with an environment that holds the credentials and no more.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_esign-copy"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("ESIGN_COPY_API_KEY", self.sandbox.api_key())
            .env("ESIGN_COPY_SALT", self.sandbox.salt())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// `run MANIFEST` at full speed, with more flags.
    pub fn run(&self, manifest: &str, more: &[&str]) -> Ran {
        self.sending("run", manifest, more).output().unwrap().into()
    }

    /// `retry REPORT` at full speed, with more flags.
    pub fn retry(&self, report: &str, more: &[&str]) -> Ran {
        self.sending("retry", report, more).output().unwrap().into()
    }

    pub fn sending(&self, command: &str, file: &str, more: &[&str]) -> Command {
        let endpoint = self.sandbox.base_url();
        let mut arguments = vec![command, file, "--endpoint", &endpoint];
        if !more.contains(&"--rate") {
            arguments.extend(["--rate", "max"]);
        }
        arguments.extend(more);
        self.command(&arguments)
    }

    pub fn other(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().unwrap().into()
    }

    /// The lines of a report, each as column → cell.
    pub fn report(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        let text = self.read(name);
        let separator = text.trim_start_matches('\u{feff}').as_bytes()["row".len()];
        let mut reader = csv::ReaderBuilder::new();
        let mut reader = reader.delimiter(separator).from_reader(text.as_bytes());
        reader.deserialize().map(Result::unwrap).collect()
    }

    pub fn stats(&self) -> Stats {
        self.sandbox.stats()
    }

    /// Copies that the service received, of any outcome.
    pub fn received(&self) -> u64 {
        self.stats().copies_received
    }

    /// Waits until the service has received so many copies.
    #[track_caller]
    pub fn wait_until_received(&self, copies: u64) {
        wait_until("nothing is sent", || self.received() >= copies);
    }

    /// The promise, judged by the service: nothing copied twice, nothing lost, nothing invented.
    pub fn assert_promise(&self, report: &str) {
        let stats = self.stats();
        let lines = self.report(report);
        for (transaction_id, seen) in &stats.transactions {
            assert!(
                seen.committed <= 1,
                "{transaction_id} was copied {} times",
                seen.committed
            );
            let line = lines
                .iter()
                .find(|line| line["transaction_id"] == *transaction_id);
            let status = line.map_or("lost", |line| line["status"].as_str());
            if seen.committed == 1 {
                assert!(
                    ["copied", "uncertain"].contains(&status),
                    "{transaction_id} is {status}"
                );
            }
        }
        for line in lines.iter().filter(|line| line["status"] == "copied") {
            let seen = &stats.transactions[&line["transaction_id"]];
            let ids: Vec<String> = seen.session_ids.iter().map(ToString::to_string).collect();
            assert!(
                ids.contains(&line["new_session_id"]),
                "{line:?} is not among {ids:?}"
            );
        }
    }
}

/// Sends a signal, by its name without SIG.
pub fn signal(child: &Child, name: &str) {
    let status = Command::new("kill")
        .args([format!("-{name}"), child.id().to_string()])
        .status();
    assert!(status.unwrap().success());
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    #[track_caller]
    pub fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub fn says(self, words: &str) -> Self {
        let all = format!("{}{}", self.stdout, self.stderr);
        assert!(all.contains(words), "'{words}' is not in:\n{all}");
        self
    }
}

/// The cells of one column, line by line.
pub fn column(lines: &[BTreeMap<String, String>], name: &str) -> Vec<String> {
    lines.iter().map(|line| line[name].clone()).collect()
}
