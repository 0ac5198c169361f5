//! The report of a list with a mapping, corrected in the list's own columns or in those that are sent.

use crate::kit::{Job, column};
use crate::mapping::{LIST, MAPPING, job, run};

/// A job of which the second row is refused by the service.
fn failed_job() -> Job {
    let job = job();
    job.write("crm.csv", LIST.replace("bo@", "bo+refuse@"));
    run(&job, &[])
        .ends_with(3)
        .says("retry crm.results.csv")
        .says("--mapping crm.toml");
    job
}

fn correct(job: &Job, from: &str, to: &str) {
    let corrected = job.read("crm.results.csv").replacen(from, to, 1);
    job.write("crm.results.csv", corrected);
}

#[test]
fn a_correction_in_the_column_that_is_sent_is_sent() {
    let job = failed_job();
    // The second of the two: behind the list's own columns.
    let report = job.read("crm.results.csv");
    let (start, end) = report.rsplit_once("bo+refuse@").unwrap();
    job.write("crm.results.csv", format!("{start}bo@{end}"));
    job.retry("crm.results.csv", &["--mapping", "crm.toml"])
        .ends_with(0);
    let lines = job.report("crm.results.csv");
    assert_eq!(lines[1]["signer_1_email"], "bo@example.com");
    // Corrected in the master list as well, it is the same row.
    job.write("crm.csv", LIST);
    run(&job, &[]).ends_with(0);
    assert_eq!(
        (job.received(), job.report("crm.results.csv").len()),
        (4, 3)
    );
    job.assert_promise("crm.results.csv");
}

#[test]
fn a_correction_in_the_lists_own_column_is_sent_through_the_mapping() {
    let job = failed_job();
    correct(&job, "bo+refuse@", "bo@");
    job.retry("crm.results.csv", &[])
        .ends_with(5)
        .says("crm.results.csv:3: column E-Mail-Adresse: this cell was changed")
        .says("--mapping FILE");
    let checked = job.other(&["check", "crm.results.csv", "--mapping", "crm.toml"]);
    checked
        .ends_with(0)
        .says("signer_1_email: 'bo+refuse@example.com' → 'bo@example.com'");
    job.retry("crm.results.csv", &["--mapping", "crm.toml"])
        .ends_with(0);
    let lines = job.report("crm.results.csv");
    assert_eq!(lines[1]["signer_1_email"], "bo@example.com");
    assert_eq!(lines[1]["E-Mail-Adresse"], "bo@example.com");
    assert_eq!(column(&lines, "status"), ["copied"; 3]);
    job.write("crm.csv", LIST);
    run(&job, &[]).ends_with(0);
    assert_eq!(
        (job.received(), job.report("crm.results.csv").len()),
        (4, 3)
    );
    job.assert_promise("crm.results.csv");
}

#[test]
fn a_cell_that_is_corrected_twice_is_refused_unless_both_say_the_same() {
    let job = failed_job();
    let report = job.read("crm.results.csv");
    let (start, end) = report.rsplit_once("bo+refuse@").unwrap();
    let both = |own: &str, sent: &str| format!("{start}{sent}{end}").replacen("bo+refuse@", own, 1);
    job.write("crm.results.csv", both("bo@", "robert@"));
    let retry = || job.retry("crm.results.csv", &["--mapping", "crm.toml"]);
    retry()
        .ends_with(5)
        .says("crm.results.csv:3: column E-Mail-Adresse: this cell and column signer_1_email were both changed")
        .says("'bo@example.com'")
        .says("'robert@example.com'");
    assert_eq!(job.received(), 3);
    job.write("crm.results.csv", both("bo@", "bo@"));
    retry().ends_with(0);
    assert_eq!(job.received(), 4);
    job.assert_promise("crm.results.csv");
}

#[test]
fn a_cell_that_names_the_row_is_no_correction() {
    let job = job();
    job.write("crm.csv", LIST.replace("bo@", "bo+refuse@"));
    job.write(
        "crm.toml",
        format!("row_id = '{{{{ Mandant }}}}'\n{MAPPING}"),
    );
    run(&job, &[]).ends_with(3);
    correct(&job, ";8;Wei", ";18;Wei");
    job.retry("crm.results.csv", &["--mapping", "crm.toml"])
        .ends_with(5)
        .says("column Mandant: a row keeps its row_id, and this cell would make it '18'");
    assert_eq!(job.received(), 3);
}

/// A changed mapping is taken by `run`, for failed rows too; `retry` would send the old texts again.
#[test]
fn a_mapping_that_changed_is_taken_by_run() {
    let job = failed_job();
    job.write("crm.toml", MAPPING.replace("Mietvertrag", "Vertrag"));
    job.retry("crm.results.csv", &["--mapping", "crm.toml"])
        .ends_with(5)
        .says("crm.toml: this mapping changed since crm.csv was read with it")
        .says("`run crm.csv --mapping crm.toml`");
    run(&job, &[]).ends_with(3);
    let lines = job.report("crm.results.csv");
    assert_eq!(
        column(&lines, "title"),
        ["Mietvertrag A101", "Vertrag A102", "Mietvertrag B7"]
    );
    assert_eq!(column(&lines, "attempts"), ["1", "2", "1"]);
    assert_eq!(job.received(), 4);
    job.retry("crm.results.csv", &["--mapping", "crm.toml"])
        .ends_with(3);
    job.assert_promise("crm.results.csv");
}

/// How the list is read, and whom it leaves out, is said by the command after a `retry` as well.
#[test]
fn the_command_after_a_retry_reads_the_list_as_before() {
    let job = job();
    job.write(
        "crm.csv",
        LIST.replace("bo@", "bo+refuse@").replace('ß', "ss"),
    );
    job.write("no.txt", "cy@example.com\n");
    let rehearsal = ["--endpoint", "sandbox", "--rate", "max"];
    let reading = [
        "--mapping",
        "crm.toml",
        "--encoding",
        "windows-1252",
        "--exclude",
        "no.txt",
    ];
    let ran = job.other(&[&["run", "crm.csv"], &rehearsal[..], &reading].concat());
    ran.ends_with(3);
    let report = job
        .read("crm.rehearsal.results.csv")
        .replace("bo+refuse@", "bo@");
    job.write("crm.rehearsal.results.csv", report);
    let retry = [
        "retry",
        "crm.rehearsal.results.csv",
        "--mapping",
        "crm.toml",
    ];
    let next = "run crm.csv --mapping crm.toml --encoding windows-1252 --exclude no.txt --endpoint stage --limit 3";
    job.other(&[&retry[..], &rehearsal].concat())
        .ends_with(0)
        .says(next);
    let status = job.other(&["status", "crm.rehearsal.ledger"]);
    status
        .ends_with(0)
        .says("--exclude no.txt --endpoint stage");
}
