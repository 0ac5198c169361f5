//! What README and docs say is so: each command in them is run as it stands, in the order of its page, against stand-ins of
//! stage and production.

mod commands;
mod stand_in;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::kit::{Job, Ran, signal, wait_until};
use commands::commands_of;
use stand_in::{CERTIFICATE, proxy_to};

fn project(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// README and docs, by name and path.
fn pages() -> Vec<(String, PathBuf)> {
    let docs = fs::read_dir(project("docs")).unwrap();
    let docs = docs.map(|page| page.unwrap().path());
    let docs = docs.filter(|path| path.extension().is_some_and(|ending| ending == "md"));
    let paths = docs.chain([project("README.md")]);
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    paths.map(|path| (name(&path), path)).collect()
}

/// A reader of one page, at work in a folder of their own.
pub struct Reader {
    pub job: Job,
    proxy: SocketAddr,
}

impl Reader {
    pub fn new() -> Self {
        let job = Job::new();
        fs::create_dir_all(job.path("samples")).unwrap();
        for file in fs::read_dir(project("samples")).unwrap() {
            let file = file.unwrap();
            if file.path().is_file() {
                fs::copy(file.path(), job.path("samples").join(file.file_name())).unwrap();
            }
        }
        job.write("certificate.pem", CERTIFICATE);
        job.mailing(
            "mailing.csv",
            &[
                "ana@example.com",
                "bo@example.com",
                "cy@example.com",
                "fay+refuse@example.com",
            ],
        );
        job.mailing("nightly.csv", &["di@example.com", "ed@example.com"]);
        let base = job.sandbox.base_url();
        let address = base.trim_start_matches("http://").trim_end_matches("/rest");
        let proxy = proxy_to(address.parse().unwrap());
        Self { job, proxy }
    }

    /// A command as it stands on the page, by a shell that finds the program on its path. Only the way to the service
    /// and the pace are the test's.
    pub fn command(&self, command: &str) -> Command {
        let program = Path::new(env!("CARGO_BIN_EXE_esign-copy"));
        let folder = program.parent().unwrap().display();
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &format!("exec {command}")])
            .current_dir(self.job.folder())
            .env_clear()
            .env("PATH", format!("{folder}:/usr/bin:/bin"))
            .env("ESIGN_COPY_API_KEY", self.job.sandbox.api_key())
            .env("ESIGN_COPY_SALT", self.job.sandbox.salt())
            .env("ESIGN_COPY_CA_FILE", "certificate.pem")
            .env("ESIGN_COPY_PROXY", format!("http://{}", self.proxy))
            .env("ESIGN_COPY_RATE", "max")
            .env("ESIGN_COPY_SETTLE_WINDOW", "2s")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        shell
    }

    pub fn run(&self, command: &str) -> Ran {
        self.command(command).output().unwrap().into()
    }

    /// Yesterday's mailing, with a row that the service refused.
    fn mailing_was_sent(&self) {
        let run = "esign-copy run mailing.csv --endpoint stage --username owner@example.com";
        self.run(run).ends_with(3);
    }

    /// What the user does in a spreadsheet.
    fn report_is_corrected(&self) {
        let name = "mailing.stage.results.csv";
        self.job
            .write(name, self.job.read(name).replace("+refuse", ""));
    }

    /// A mailing whose rows 4, 9 and 17 have no answer, and nobody to look them up for.
    fn answers_were_lost(&self) {
        for name in ["ledger", "ledger.lock", "results.csv"] {
            let _ = fs::remove_file(self.job.path(&format!("mailing.stage.{name}")));
        }
        let email = |row: u32| match row {
            4 | 9 | 17 => format!("p{row}+drop-before-commit@example.com"),
            _ => format!("p{row}@example.com"),
        };
        let emails: Vec<String> = (1..=20).map(email).collect();
        let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
        self.job.mailing("mailing.csv", &emails);
        self.run("esign-copy run mailing.csv --endpoint stage")
            .ends_with(4);
    }

    /// Serves until it is ended.
    fn serve(&self, command: &str) {
        let state = self.job.path("sandbox.jsonl");
        let mut child = self.command(command).spawn().unwrap();
        wait_until("the sandbox keeps no state", || state.exists());
        signal(&child, "TERM");
        child.wait().unwrap();
    }
}

/// What must have happened before the page's command is given.
fn before(page: &str, command: &str, reader: &Reader) {
    match (page, command) {
        ("README.md", "esign-copy check mailing.stage.results.csv") => reader.report_is_corrected(),
        ("README.md", resolve) if resolve.contains(" row:17 ") => reader.answers_were_lost(),
        _ => {}
    }
}

/// What must have happened before the page is opened.
fn before_page(page: &str, reader: &Reader) {
    match page {
        "uncertain.md" => reader.answers_were_lost(),
        "reports.md" => {
            reader.mailing_was_sent();
            reader.report_is_corrected();
        }
        "ledger.md" => {
            reader.mailing_was_sent();
            for name in ["mailing.stage.ledger", "mailing.stage.ledger.lock"] {
                fs::remove_file(reader.job.path(name)).unwrap();
            }
        }
        _ => {}
    }
}

/// How the command ends, where that is not with 0.
fn expected(page: &str, command: &str) -> i32 {
    match (page, command) {
        (_, "esign-copy check samples/bad-rows.csv") => 5,
        // Every copy but the one that the service refuses.
        ("README.md", run)
            if run.ends_with("run mailing.csv --endpoint stage --username owner@example.com") =>
        {
            3
        }
        ("README.md", run) if run.ends_with("run mailing.csv --endpoint sandbox") => 3,
        (_, run) if run.contains("--fault-script samples/bad-day.json") => 3,
        ("ledger.md", retry) if retry.starts_with("esign-copy retry") => 3,
        // The session that the page names is nobody's copy.
        ("uncertain.md", audit) if audit.starts_with("esign-copy audit") => 4,
        _ => 0,
    }
}

/// Goes through a page as its reader does.
fn read(page: &str, path: &Path) {
    let reader = Reader::new();
    before_page(page, &reader);
    for command in commands_of(&fs::read_to_string(path).unwrap()) {
        before(page, &command, &reader);
        if command.contains("sandbox --state") {
            reader.serve(&command);
            continue;
        }
        let ran = reader.run(&command);
        let output = format!("{}{}", ran.stdout, ran.stderr);
        assert_eq!(
            ran.code,
            expected(page, &command),
            "{page}: {command}\n{output}"
        );
    }
}

#[test]
fn every_command_of_the_readme_does_what_it_says() {
    read("README.md", &project("README.md"));
}

#[test]
fn every_command_of_the_docs_does_what_it_says() {
    std::thread::scope(|scope| {
        for (name, path) in pages().into_iter().filter(|(name, _)| name != "README.md") {
            scope.spawn(move || read(&name, &path));
        }
    });
}

/// The lines that the README shows are those that the program writes.
#[test]
fn the_output_in_the_readme_is_real() {
    let readme = fs::read_to_string(project("README.md")).unwrap();
    let shown: Vec<&str> = readme
        .lines()
        .skip_while(|line| !line.starts_with("    $ "))
        .map_while(|line| line.strip_prefix("    "))
        .collect();
    let command = shown[0].strip_prefix("$ ").unwrap();
    let reader = Reader::new();
    let mut run = reader.command(command);
    let ran: Ran = run
        .env_remove("ESIGN_COPY_RATE")
        .env_remove("ESIGN_COPY_SETTLE_WINDOW")
        .output()
        .unwrap()
        .into();
    let lines: Vec<&str> = ran.stderr.lines().collect();
    for line in &shown[1..] {
        assert!(lines.contains(line), "'{line}' is not in:\n{}", ran.stderr);
    }
    assert!(shown.len() >= 6 && ran.code == 0);
}

/// No page names a flag that no command has.
#[test]
fn every_flag_in_the_readme_and_the_docs_exists() {
    let job = Job::new();
    let mut help = job.other(&["--help"]).ends_with(0).stdout;
    let commands = "run check retry status report resolve audit sandbox";
    for command in commands.split(' ') {
        help += &job.other(&[command, "--help"]).ends_with(0).stdout;
    }
    let cargo = "--release --path --locked --bench --test --nocapture";
    for (name, path) in pages() {
        let page = fs::read_to_string(path).unwrap();
        let words = page.split(|c: char| !(c.is_alphanumeric() || c == '-'));
        for flag in words.filter(|word| word.starts_with("--") && !word.ends_with('-')) {
            let exists = help.contains(flag) || cargo.contains(flag);
            assert!(exists, "{name}: {flag} is no flag");
        }
    }
}
