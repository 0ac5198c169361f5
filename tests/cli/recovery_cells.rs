//! Reports whose ledger is lost: what their cells may say.

use crate::kit::{HEADER, Job, SOURCE, column};
use crate::recovery::{edit, looking_up, lose, lost};

/// Refuses each report in which one text of a line was replaced by another, for the reason given.
fn each_is_refused(job: &Job, cases: &[(usize, &str, &str, &str)]) {
    let report = job.read("m.results.csv");
    for (line, from, to, words) in cases {
        let to = if to.contains(',') && !to.starts_with(',') {
            format!("\"{to}\"")
        } else {
            (*to).to_owned()
        };
        edit(job, *line, from, &to);
        looking_up(job, "m.results.csv", &[])
            .ends_with(5)
            .says(words);
        job.write("m.results.csv", &report);
    }
}

#[test]
fn what_nobody_can_judge_is_refused_with_its_cell() {
    let job = lost();
    let lines = job.report("m.results.csv");
    let (copied, failed) = (&lines[0], &lines[1]);
    let session = copied["new_session_id"].as_str();
    let (id, row_id) = (failed["transaction_id"].as_str(), failed["row_id"].as_str());
    let capitals = id.to_uppercase();
    let cases = [
        (
            2,
            ",failed,",
            ",Failed,",
            "m.results.csv:3: column status: 'Failed' is not a status",
        ),
        (2, ",failed,", ",sent,", "column status: 'sent'"),
        (1, session, "", "column new_session_id: is empty"),
        (
            1,
            session,
            SOURCE,
            "column new_session_id: is the source session, not its copy",
        ),
        (
            1,
            session,
            "1,23E+15",
            "column new_session_id: '1,23E+15' is a number in scientific",
        ),
        (
            1,
            session,
            &session[1..],
            "has lost, gained or changed characters",
        ),
        (2, id, "", "column transaction_id: is empty"),
        (2, id, "2-Jan", "column transaction_id: '2-Jan' is a date"),
        (2, id, "#####", "'#####' is a spreadsheet's error"),
        (2, id, &capitals, "has lost, gained or changed characters"),
        (
            2,
            id,
            &copied["transaction_id"],
            "was made for one row, but row 'r1",
        ),
        (2, row_id, "#NAME?", "column row_id: '#NAME?'"),
        (2, row_id, "12345678901234600000", "rounded to 15 digits"),
        (2, SOURCE, &SOURCE[1..], "column source_session_id"),
        (
            2,
            &failed["first_sent_at"],
            "23.11.2026 08:15",
            "column first_sent_at",
        ),
        (2, "b+refuse@example.com", "b@", "column signer_1_email"),
    ];
    each_is_refused(&job, &cases);
    assert!(
        !job.path("m.ledger").exists(),
        "a refused report begins nothing"
    );
    assert_eq!(job.received(), 4);
}

#[test]
fn one_session_that_is_the_copy_of_two_rows_is_refused() {
    let job = lost();
    let report = job.read("m.results.csv");
    let session = &job.report("m.results.csv")[0]["new_session_id"];
    let twice = report.replace(",uncertain,", ",copied,");
    let twice = twice.replacen(
        &format!("{SOURCE},,copied"),
        &format!("{SOURCE},{session},copied"),
        1,
    );
    job.write("m.results.csv", twice);
    looking_up(&job, "m.results.csv", &[])
        .ends_with(5)
        .says("is already the copy of row '");
    assert!(
        !job.path("m.ledger").exists(),
        "a refused report begins nothing"
    );
    assert_eq!(job.received(), 4);
}

#[test]
fn given_ids_that_fit_only_in_part_are_not_guessed() {
    let job = Job::new();
    let header = HEADER.replace("title", "title,transaction_id");
    let row = format!("{SOURCE},Lease,deal,Li,a+drop-after-commit@example.com\n");
    job.write("m.csv", format!("{header}{row}"));
    job.run("m.csv", &[]).ends_with(4);
    let report = job.read("m.results.csv").replace(",uncertain,", ",failed,");
    let sent_at = job.report("m.results.csv")[0]["first_sent_at"].clone();
    // A corrected title, or a time that nobody knows: the copy may well be the row's.
    for (from, to) in [(",Lease,", ",Rent,"), (sent_at.as_str(), "")] {
        lose(&job);
        job.write("m.results.csv", report.replacen(from, to, 1));
        looking_up(&job, "m.results.csv", &[]).ends_with(4);
        let line = &job.report("m.results.csv")[0];
        assert!(
            line["error"].contains("match this row only in part"),
            "{line:?}"
        );
    }
    assert_eq!(job.received(), 1);
}

#[test]
fn records_of_one_row_stay_one_row_and_bad_rows_can_be_left_out() {
    let job = Job::new();
    job.mailing(
        "m.csv",
        &["a@example.com", "a@example.com", "b+refuse@example.com"],
    );
    job.run("m.csv", &["--duplicates", "skip"]).ends_with(3);
    lose(&job);
    edit(&job, 3, "b+refuse@example.com", "b@");
    looking_up(&job, "m.results.csv", &["--skip-invalid"]).ends_with(3);
    let lines = job.report("m.results.csv");
    assert_eq!(column(&lines, "status"), ["copied", "copied", "failed"]);
    assert_eq!(column(&lines, "error_class"), ["", "", "invalid"]);
    assert_eq!(job.received(), 2);
    // Records of one row that say different things of it are nobody's to choose from.
    lose(&job);
    edit(&job, 2, ",copied,", ",failed,");
    looking_up(&job, "m.results.csv", &[])
        .ends_with(5)
        .says("with other cells; correct both lines in the same way");
}

#[test]
fn a_rehearsal_stands_in_nobody_s_way() {
    let job = lost();
    let rehearse = |report: &str| {
        let arguments = ["retry", report, "--without-ledger", "--endpoint", "sandbox"];
        job.other(&[arguments.as_slice(), &["--settle-window", "1s"]].concat())
    };
    let before = job.read("m.results.csv");
    let lines: Vec<&str> = before.lines().collect();
    job.write("n.results.csv", format!("{}\n{}\n", lines[0], lines[2]));
    rehearse("n.results.csv").ends_with(3);
    assert!(job.path("n.rehearsal.ledger").exists() && !job.path("n.ledger").exists());
    assert_eq!(job.report("n.results.csv").len(), 1);
    looking_up(&job, "n.rehearsal.results.csv", &[])
        .ends_with(5)
        .says("the report of a rehearsal");
    assert_eq!(job.received(), 4);
}

/// A number that ends in zeros was rounded, unless a longer one beside it was not.
#[test]
fn a_long_number_is_taken_for_rounded_only_where_all_are() {
    let job = Job::new();
    let header = HEADER.replace("title", "row_id");
    let row = |key: &str, email: &str| format!("{SOURCE},{key},Li,{email}\n");
    let rows = row("1234567890123450", "a+refuse@example.com");
    job.write("m.csv", format!("{header}{rows}"));
    job.run("m.csv", &[]).ends_with(3);
    lose(&job);
    looking_up(&job, "m.results.csv", &[])
        .ends_with(5)
        .says("m.results.csv:2: column row_id: '1234567890123450' is a number rounded");
    std::fs::remove_file(job.path("m.results.csv")).unwrap();
    let rows = rows + &row("1234567890123457", "b@example.com");
    job.write("m.csv", format!("{header}{rows}"));
    job.run("m.csv", &[]).ends_with(3);
    lose(&job);
    looking_up(&job, "m.results.csv", &[]).ends_with(3);
    assert_eq!(job.received(), 4);
}
