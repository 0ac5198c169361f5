//! What is told on standard error: progress, logs for machines, nothing that is_terminal_control a terminal.

use serde_json::Value;

use crate::kit::{HEADER, Job, Ran, SOURCE};
use crate::terminal::AtTerminal;

const FAULTY: [&str; 4] = [
    "a@example.com",
    "b+refuse@example.com",
    "c+500@example.com",
    "d@example.com",
];

/// Standard error as objects, one a line.
#[track_caller]
fn objects(ran: &Ran) -> Vec<Value> {
    let lines = ran.stderr.lines();
    let object = |line: &str| {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|error| {
            panic!("{error}: {line}");
        });
        for name in ["time", "level", "event", "message"] {
            assert!(value[name].is_string(), "{name}: {line}");
        }
        assert!(value["time"].as_str().unwrap().ends_with('Z'));
        value
    };
    lines.map(object).collect()
}

fn events<'a>(objects: &'a [Value], event: &str) -> Vec<&'a Value> {
    let is_event = |object: &&Value| object["event"] == event;
    objects.iter().filter(is_event).collect()
}

#[test]
fn a_log_is_one_object_a_line_and_ends_with_the_counts() {
    let job = Job::new();
    job.mailing("m.csv", &FAULTY);
    let ran = job
        .run("m.csv", &["--log-format", "json", "-v"])
        .ends_with(4);
    let objects = objects(&ran);
    assert_eq!(events(&objects, "started")[0]["rows"], 4);
    let rows = events(&objects, "row");
    assert_eq!(rows.len(), 4);
    for row in rows {
        let has_id = row["new_session_id"].is_string();
        assert_eq!(has_id, row["status"] == "copied", "{row}");
        assert_eq!(has_id, row["error"].is_null(), "{row}");
        assert!(row["row_id"].is_string());
    }
    let end = objects.last().unwrap();
    assert_eq!(
        (&end["event"], &end["level"]),
        (&"ended".into(), &"warn".into())
    );
    for (name, count) in [
        ("copied", 2),
        ("failed", 1),
        ("uncertain", 1),
        ("pending", 0),
    ] {
        assert_eq!(end[name], count, "{name}");
    }
    assert_eq!(end["report"], "m.results.csv");
    assert_eq!(end["exit_code"], 4);
    assert!(
        end["next"]
            .as_str()
            .unwrap()
            .contains("retry m.results.csv")
    );
}

#[test]
fn a_log_has_the_errors_too() {
    let job = Job::new();
    job.mailing("bad.csv", &["a@example.com", "no address", "b@"]);
    for command in ["check", "run"] {
        let mut arguments = vec![command, "bad.csv", "--log-format", "json"];
        if command == "run" {
            arguments.extend(["--endpoint", "sandbox"]);
        }
        let objects = objects(&job.other(&arguments).ends_with(5));
        let problems = events(&objects, "problem");
        assert_eq!(problems.len(), 2);
        assert_eq!(problems[0]["line"], 3);
        assert_eq!(problems[0]["file"], "bad.csv");
        assert_eq!(objects.last().unwrap()["event"], "failed");
        assert_eq!(objects.last().unwrap()["exit_code"], 5);
    }
    let wrong = ["run", "m.csv", "--endpoint", "prod", "--log-format", "json"];
    let objects = objects(&job.other(&wrong).ends_with(2));
    assert_eq!(objects.len(), 1);
    assert_eq!(objects[0]["level"], "error");
}

#[test]
fn off_a_terminal_nothing_is_drawn_or_coloured() {
    for more in [
        ["--progress", "auto"],
        ["--progress", "bar"],
        ["--progress", "plain"],
        ["--progress", "none"],
    ] {
        let job = Job::new();
        job.mailing("m.csv", &FAULTY);
        let mut command = job.sending("run", "m.csv", &more);
        command
            .env("TERM", "xterm-256color")
            .env("CLICOLOR_FORCE", "1");
        let ran = Ran::from(command.output().unwrap()).ends_with(4);
        let is_plain = |byte: u8| byte == b'\n' || !byte.is_ascii_control();
        assert!(ran.stderr.bytes().all(is_plain), "{:?}", ran.stderr);
        let lines: Vec<&str> = ran.stderr.lines().collect();
        assert_eq!(lines.len(), 8, "{}", ran.stderr);
        assert!(lines[4].starts_with("1 row failed: "), "{}", ran.stderr);
        assert_eq!(
            lines[5],
            "4 rows: 2 copied, 1 failed, 1 uncertain, 0 pending"
        );
    }
}

#[test]
fn hostile_names_neither_steer_a_terminal_nor_break_a_log() {
    let job = Job::new();
    let name = format!("\u{202e}evil\u{9b}2J\u{1b}]0;x\u{7}宽{}", "x".repeat(100));
    let rows = |name: &str| {
        format!(
            "row_id,{HEADER}\"{name}\",{SOURCE},Lease,Li,a@example.com\n\
             \"2 {name}\",{SOURCE},Lease,Li,b+refuse@example.com\n"
        )
    };
    job.write("m.csv", rows(&name));
    let is_terminal_control = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
    for format in ["text", "json"] {
        let more = ["-v", "--log-format", format, "--ledger", format, "--report"];
        let report = format!("{format}.csv");
        let more: Vec<&str> = more.into_iter().chain([report.as_str()]).collect();
        let ran = job.run("m.csv", &more);
        assert!(
            !ran.stderr.chars().any(is_terminal_control),
            "{:?}",
            ran.stderr
        );
        if format == "json" {
            objects(&ran);
        }
    }
}

#[test]
fn quiet_and_verbose_are_not_said_together() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com", "b@example.com"]);
    job.run("m.csv", &["-q", "-v"]).ends_with(2).says("-q");
    let ran = job.run("m.csv", &["-v"]).ends_with(0);
    assert_eq!(ran.stderr.matches(" copied: ").count(), 2);
    let ran = job
        .run("m.csv", &["-q", "--log-format", "json"])
        .ends_with(0);
    assert_eq!(ran.stderr, "");
}

/// A list that takes long to read shows how far it is. The point in the reader that tests may crash at
/// sleeps instead.
#[test]
fn a_list_that_takes_long_to_read_shows_how_far_it_is() {
    let job = Job::new();
    let names: Vec<String> = (0..1_100).map(|n| format!("p{n}@example.com")).collect();
    job.mailing(
        "m.csv",
        &names.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    let mut check = job.command(&["check", "m.csv"]);
    check.env("FAILPOINTS", "import-record=1*sleep(1100)->off");
    check.env("TERM", "xterm");
    let mut check = AtTerminal::start(check);
    check.shows("reading m.csv: ");
    assert!(check.ends().success());
}
