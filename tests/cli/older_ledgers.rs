//! Ledgers and reports that earlier programs wrote (`tests/ledgers`): they open and go on, nothing
//! is sent twice, and every row keeps its id.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use esign_copy::job::{Column, Fields, SignerColumn};
use esign_copy::sandbox::Settings;

use crate::kit::{Job, Ran, column};

/// What becomes of a job when it goes on: the exit code of `run`, and how many copies it makes.
const JOBS: [(&str, i32, u64); 21] = [
    ("finished", 0, 0),
    ("begun", 0, 2),
    ("failed", 3, 0),
    ("uncertain", 0, 0),
    ("keyed", 0, 1),
    ("service-headers", 0, 0),
    ("service-headers-begun", 5, 0),
    ("plain-headers-json", 0, 0),
    ("own-email-column", 0, 1),
    ("no-signers", 0, 0),
    ("no-signers-begun", 5, 0),
    ("look-alikes", 5, 0),
    ("mangled-names", 5, 0),
    ("semicolons", 0, 1),
    ("utf-16", 0, 0),
    ("spaced-quotes", 0, 0),
    ("empty-column", 0, 1),
    ("constants", 0, 1),
    ("from-report", 3, 1),
    ("killed", 0, 2),
    ("edited", 0, 1),
];

struct Older {
    job: Job,
    list: String,
    name: &'static str,
}

/// Those of them that a program of format 3 has written too.
const OF_FORMAT_3: [&str; 11] = [
    "finished",
    "begun",
    "failed",
    "uncertain",
    "keyed",
    "semicolons",
    "utf-16",
    "constants",
    "from-report",
    "killed",
    "edited",
];

fn folder(format: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ledgers");
    folder.join(format)
}

/// The job, continued at a sandbox that remembers its copies.
fn older(name: &'static str) -> Older {
    of_format("format-1", name)
}

fn of_format(format: &str, name: &'static str) -> Older {
    let folder = folder(format).join(name);
    let files = std::fs::read_dir(&folder).unwrap();
    let files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    let state = tempfile::NamedTempFile::new().unwrap();
    std::fs::copy(folder.join("sandbox.jsonl"), state.path()).unwrap();
    let job = Job::with(Settings {
        state: Some(state.path().to_owned()),
        ..Settings::default()
    });
    let mut list = String::new();
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        std::fs::copy(&file, job.path(name)).unwrap();
        if ["m.csv", "m.jsonl"].contains(&name) {
            list = name.to_owned();
        }
    }
    let ledger = rusqlite::Connection::open(job.path("m.ledger")).unwrap();
    let sql = "UPDATE facts SET value = ?1 WHERE name = 'endpoint'";
    ledger.execute(sql, [job.sandbox.base_url()]).unwrap();
    Older { job, list, name }
}

impl Older {
    fn run(&self) -> Ran {
        self.job.run(&self.list, &self.flags())
    }

    fn flags(&self) -> Vec<&str> {
        let mut flags = vec!["--username", "owner@example.com", "--settle-window", "1s"];
        if self.name == "constants" {
            let source = "source_session_id=3f0c6c1e-0000-4000-8000-000000000001";
            flags.extend(["--set", source, "--set", "title=Lease"]);
        }
        flags
    }

    /// The report as it would be rendered now: row id → transaction id, status and session.
    fn rows(&self) -> BTreeMap<String, [String; 3]> {
        let endpoint = self.job.sandbox.base_url();
        let report = ["report", "m.ledger", "--endpoint", &endpoint];
        let text = self.job.other(&report).ends_with(0).stdout;
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let lines = reader.deserialize().map(Result::unwrap);
        lines
            .map(|line: BTreeMap<String, String>| {
                let cells = ["transaction_id", "status", "new_session_id"];
                (line["row_id"].clone(), cells.map(|name| line[name].clone()))
            })
            .collect()
    }
}

#[test]
fn every_job_goes_on_and_sends_nothing_twice() {
    let of_format_3 = JOBS
        .into_iter()
        .filter(|(name, ..)| OF_FORMAT_3.contains(name));
    let jobs = JOBS.map(|job| ("format-1", job)).into_iter();
    for (format, (name, code, copies)) in jobs.chain(of_format_3.map(|job| ("format-3", job))) {
        println!("{format} {name}");
        let older = of_format(format, name);
        let before = older.rows();
        assert!(!before.is_empty(), "{name}");
        older.run().ends_with(code);
        assert_eq!(older.job.stats().copies_committed, copies, "{name}");
        older.run().ends_with(code);
        assert_eq!(older.job.stats().copies_committed, copies, "{name}");
        let after = older.rows();
        assert_eq!(before.len(), after.len(), "{name}");
        for (row_id, [transaction_id, status, session]) in &before {
            let now = &after[row_id];
            assert_eq!(&now[0], transaction_id, "{name} {row_id}");
            if status == "copied" {
                assert_eq!(
                    now[1..],
                    [status.clone(), session.clone()],
                    "{name} {row_id}"
                );
            }
        }
    }
}

/// Newer rules bind the rows that are still to be sent; each has a way on.
#[test]
fn what_newer_rules_refuse_is_refused_before_it_is_sent() {
    for (name, words, flags, code, copies) in [
        (
            "service-headers-begun",
            "the column 'EmailAddress' holds e-mail addresses",
            &["--keep-source-signers"][..],
            0,
            1,
        ),
        (
            "no-signers-begun",
            "names no signer, nor does line 2",
            &["--keep-source-signers"],
            0,
            2,
        ),
        (
            "look-alikes",
            "m.csv:8: this row looks the same as line 7",
            &["--duplicates", "skip"],
            0,
            1,
        ),
        (
            "mangled-names",
            "m.csv:4: column signer_1_first_name: 'JosÃ©' was mangled",
            &["--skip-invalid"],
            3,
            0,
        ),
    ] {
        let older = older(name);
        let refused = older.run().ends_with(5).says(words);
        refused.says("error: 1 problem; nothing was sent");
        // A report leads around it as little as the list.
        let report = older.job.retry("m.results.csv", &older.flags());
        report.ends_with(5);
        assert_eq!(older.job.received(), 0, "{name}");
        let all: Vec<&str> = older
            .flags()
            .into_iter()
            .chain(flags.iter().copied())
            .collect();
        for _ in 0..2 {
            older.job.run(&older.list, &all).ends_with(code);
            assert_eq!(older.job.stats().copies_committed, copies, "{name}");
        }
    }
}

/// A list that is finished stays so, whatever its clock says, and when it grows only what is new is
/// bound.
#[test]
fn a_finished_list_is_bound_by_no_newer_rule() {
    for name in [
        "service-headers",
        "no-signers",
        "spaced-quotes",
        "plain-headers-json",
    ] {
        let older = older(name);
        let list = older.job.read(&older.list);
        let file = std::fs::File::open(older.job.path(&older.list)).unwrap();
        file.set_modified(std::time::SystemTime::now()).unwrap();
        older.run().ends_with(0);
        older
            .job
            .write(&older.list, format!("{list}\n").replace("\n\n", "\n"));
        older.run().ends_with(0);
        assert_eq!(older.job.received(), 0, "{name}");
    }
    let older = older("spaced-quotes");
    let list = older.job.read("m.csv");
    let more = list.lines().nth(1).unwrap().replace("ana@", "bo@");
    older.job.write("m.csv", format!("{list}{more}\n"));
    older
        .run()
        .ends_with(5)
        .says("m.csv:3: column title: there is a space before the opening quote");
}

#[test]
fn what_an_earlier_report_calls_failed_is_tried_again() {
    let older = older("failed");
    let report = older.job.read("m.results.csv").replace("bo+refuse@", "bo@");
    older.job.write("m.results.csv", report);
    older
        .job
        .retry("m.results.csv", &older.flags())
        .ends_with(0);
    assert_eq!(older.job.stats().copies_committed, 1);
}

#[test]
fn an_upgrade_that_is_killed_leaves_the_ledger_as_it_was() {
    for point in ["ledger-upgrade-uncommitted", "ledger-upgraded"] {
        let older = older("begun");
        let mut command = older.job.sending("run", &older.list, &older.flags());
        let killed = command.env("FAILPOINTS", format!("{point}=return"));
        assert!(!killed.status().unwrap().success(), "{point}");
        older.run().ends_with(0);
        assert_eq!(older.job.stats().copies_committed, 2, "{point}");
    }
}

#[test]
fn every_kept_job_is_tried() {
    let all = JOBS.map(|(name, ..)| name);
    for (format, tried) in [("format-1", &all[..]), ("format-3", &OF_FORMAT_3)] {
        let names = std::fs::read_dir(folder(format)).unwrap();
        let names = names.map(|name| name.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        let mut tried = tried.to_vec();
        tried.sort_unstable();
        assert_eq!(names, tried, "{format}");
    }
}

/// A limit that a newer version makes stricter meets an uncertain row that an older one took. Nobody
/// knows whether it has a copy, so it stays uncertain; the other rows are sent.
#[test]
fn an_uncertain_row_that_a_newer_limit_refuses_is_left_and_the_others_are_sent() {
    let job = Job::new();
    let manifest = |name: &str| {
        let source = "3f0c6c1e-0000-4000-8000-000000000001";
        let header = "row_id,source_session_id,title,signer_1_last_name,signer_1_email";
        let row = |id, name| format!("{id},{source},Lease,{name},{id}@example.com\n");
        let rows = [row("a", "Li"), row("b", name), row("c", "Li")].concat();
        job.write("m.csv", format!("{header}\n{rows}"));
    };
    manifest("Li");
    job.run("m.csv", &["--limit", "1"]).ends_with(0);
    let long = "x".repeat(101);
    manifest(&long);
    let ledger = rusqlite::Connection::open(job.path("m.ledger")).unwrap();
    let fields = "SELECT fields FROM rows WHERE row_id = 'b'";
    let json: String = ledger.query_row(fields, [], |row| row.get(0)).unwrap();
    let mut fields = Fields::from_json(&json).unwrap();
    fields.set(Column::Signer(1, SignerColumn::LastName), &long);
    let hash = fields.content_hash(fields.text(&Column::SourceSessionId));
    let update = "UPDATE rows SET fields = ?1, hash = ?2, status = 'uncertain' WHERE row_id = 'b'";
    let changed = ledger.execute(update, (fields.to_json(), hash.as_bytes()));
    assert_eq!(changed, Ok(1));
    drop(ledger);
    let problem = "not settled: column signer_1_last_name: ";
    let flags = ["--skip-invalid", "--username", "owner@example.com"];
    job.run("m.csv", &flags)
        .ends_with(4)
        .says("3 rows: 2 copied, 0 failed, 1 uncertain, 0 pending");
    let lines = job.report("m.results.csv");
    assert_eq!(column(&lines, "status"), ["copied", "uncertain", "copied"]);
    assert!(lines[1]["error"].starts_with(problem), "{:?}", lines[1]);
    assert_eq!(job.stats().copies_committed, 2);
}
