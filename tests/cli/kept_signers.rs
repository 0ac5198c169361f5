//! Rows whose copies keep their source's signers, and what is said of them.

use crate::kit::{HEADER, Job, SOURCE, column};
use crate::signers::{KEEP, OTHER};

#[test]
fn a_row_whose_signer_cells_are_empty_is_refused() {
    let job = Job::new();
    let text = format!("{HEADER}{SOURCE},a,Li,ana@example.com\n{OTHER},b,,\n");
    job.write("m.csv", &text);
    job.run("m.csv", &[])
        .ends_with(5)
        .says("m.csv:3: this row names no signer: all its signer columns are empty");
    assert_eq!(job.received(), 0);
    job.run("m.csv", &["--skip-invalid"]).ends_with(3);
    let lines = job.report("m.results.csv");
    assert_eq!(column(&lines, "status"), ["copied", "failed"]);
    assert_eq!(lines[1]["error_class"], "invalid");
    // A report is no way around it, and the flag is the way on.
    job.retry("m.results.csv", &[])
        .ends_with(5)
        .says("names no signer");
    job.retry("m.results.csv", &[KEEP])
        .ends_with(0)
        .says("1 copy names no signer and keeps its source's")
        .says("1 session from 1 source to 0 people, invites off, 1 without signers");
    assert_eq!(job.received(), 2);
}

#[test]
fn sources_that_keep_their_signers_once_each_pass() {
    let job = Job::new();
    let source = |number: usize| format!("3f0c6c1e-0000-4000-8000-{number:012}");
    let rows: String = (1..=50).map(|number| source(number) + "\n").collect();
    let list = format!("source_session_id\n{rows}");
    job.write("m.csv", &list);
    job.other(&["check", "m.csv"])
        .ends_with(0)
        .says("50 copies name no signer and keep their source's\n")
        .says("50 sessions from 50 sources to 0 people, invites off, 50 without signers\n");
    job.run("m.csv", &[])
        .ends_with(0)
        .says("50 copies name no signer and keep their source's\n");
    assert_eq!(job.received(), 50);
    // A second copy of one of them, also of one that is copied, is no longer once each.
    let again = format!("row_id,{list}")
        .replace('\n', "\n,")
        .trim_end_matches(',')
        .to_owned();
    job.write(
        "m.csv",
        again.replacen("\n,", "\nk,", 1) + &format!(",{}\n", source(1)),
    );
    job.run("m.csv", &[])
        .ends_with(5)
        .says("names no signer, nor does line 2");
    assert_eq!(job.received(), 50);
}

#[test]
fn the_flag_is_said_each_time_and_the_next_command_says_it() {
    let job = Job::new();
    job.write(
        "m.csv",
        format!("row_id,source_session_id\n1,{SOURCE}\n2,{SOURCE}\n"),
    );
    let ran = job.run("m.csv", &[KEEP, "--limit", "1"]).ends_with(0);
    let next = ran.stderr.lines().last().unwrap();
    assert!(next.starts_with("next: ") && next.contains(KEEP), "{next}");
    job.run("m.csv", &[]).ends_with(5).says("names no signer");
    assert_eq!(job.received(), 1);
    job.run("m.csv", &[KEEP]).ends_with(0);
    assert_eq!(job.received(), 2);
}

#[test]
fn what_will_be_sent_is_said_in_one_line() {
    let job = Job::new();
    let header = HEADER.replace("title", "title,send_signer_invites");
    let row = |title: &str, invites: &str, email: &str| {
        format!("{SOURCE},{title},{invites},Li,{email}@example.com\n")
    };
    let text = row("a", "", "ana") + &row("b", "", "ANA") + &row("c", "yes", "bo");
    job.write(
        "m.csv",
        format!(
            "{header}{text}{}",
            row("d", "", "cy").replace(SOURCE, OTHER)
        ),
    );
    let line = "4 sessions from 2 sources to 3 people (1 address twice), invites on for 1\n";
    let checked = job.other(&["check", "m.csv"]).ends_with(0);
    assert!(checked.stderr.ends_with(line), "{}", checked.stderr);
    job.run("m.csv", &["--limit", "1"])
        .ends_with(0)
        .says("1 session from 1 source to 1 person, invites off\n");
    let ran = job.run("m.csv", &[]).ends_with(0);
    let first = ran
        .stderr
        .lines()
        .find(|line| line.contains("session"))
        .unwrap();
    assert_eq!(
        first,
        "3 sessions from 2 sources to 3 people, invites on for 1"
    );
    // Nothing is sent, and nothing said of it.
    let ran = job.run("m.csv", &[]).ends_with(0);
    assert!(!ran.stderr.contains("sessions from"), "{}", ran.stderr);
}
