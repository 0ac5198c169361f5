//! Reports as spreadsheets save them, and reports that the ledger has left behind.

use crate::kit::{HEADER, Job, SOURCE};
use crate::recovery::edit;

/// Rows with ids of their own: a long number, one that looks like a day, a plain one.
fn failed_job() -> Job {
    let job = Job::new();
    let header = HEADER.replace("title", "row_id,transaction_id");
    let row = |key: &str, email: &str| format!("{SOURCE},{key},deal-{key},Li,{email}\n");
    let rows = row("12345678901234567890", "a@example.com")
        + &row("2-1", "b+refuse@example.com")
        + &row("k", "c+refuse@example.com");
    job.write("m.csv", format!("{header}{rows}"));
    job.run("m.csv", &[]).ends_with(3);
    job
}

/// As Excel saves "CSV UTF-8" where the comma is the decimal separator.
fn excel(text: &str) -> Vec<u8> {
    let rows: Vec<String> = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes())
        .into_records()
        .map(|record| {
            let record = record.unwrap();
            let cells = record.iter().map(|cell| match cell {
                cell if cell.contains([';', '"']) => format!("\"{}\"", cell.replace('"', "\"\"")),
                cell => cell.to_owned(),
            });
            cells.collect::<Vec<_>>().join(";") + "\r\n"
        })
        .collect();
    [b"\xef\xbb\xbf", rows.concat().as_bytes()].concat()
}

/// As LibreOffice does with "quote all text cells".
fn libre_office(text: &str) -> Vec<u8> {
    let quoted = text.lines().map(|line| {
        let cells = line.split(',').map(|cell| format!("\"{cell}\""));
        cells.collect::<Vec<_>>().join(",") + "\n"
    });
    quoted.collect::<String>().into_bytes()
}

fn utf_16(text: &str) -> Vec<u8> {
    let text = text.replace(',', "\t");
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}

#[test]
fn a_report_comes_back_from_any_spreadsheet() {
    for save in [excel, libre_office, utf_16] {
        let job = failed_job();
        let corrected = job.read("m.results.csv").replace("b+refuse@", "b@");
        job.write("m.results.csv", save(&corrected));
        job.retry("m.results.csv", &[])
            .ends_with(3)
            .says("row 2 (b+refuse@example.com) was corrected: signer_1_email");
        assert_eq!(job.received(), 5);
        job.assert_promise("m.results.csv");
        // And so it does where the ledger is lost.
        let corrected = job.other(&["report", "m.csv"]).stdout;
        let corrected = corrected.replace("c+refuse@", "c@");
        job.write("m.results.csv", save(&corrected));
        std::fs::remove_file(job.path("m.ledger")).unwrap();
        let alone = [
            "--without-ledger",
            "--username",
            "owner@example.com",
            "--settle-window",
            "1s",
        ];
        job.retry("m.results.csv", &alone).ends_with(0);
        job.retry("m.results.csv", &[]).ends_with(0);
        assert_eq!(job.received(), 6);
        job.assert_promise("m.results.csv");
    }
}

#[test]
fn ids_that_a_spreadsheet_damaged_are_refused_with_their_cell() {
    let job = failed_job();
    let report = job.read("m.results.csv");
    let session = job.report("m.results.csv")[0]["new_session_id"].clone();
    let cases = [
        (
            "12345678901234567890",
            "1.23457E+19",
            2,
            "row_id: '1.23457E+19' is a number in scient",
        ),
        (
            "12345678901234567890",
            "\"1,23E+19\"",
            2,
            "row_id: '1,23E+19' is a number in scient",
        ),
        (
            "12345678901234567890",
            "12345678901234600000",
            2,
            "row_id: '12345678901234600000' is a number rounded",
        ),
        (",2-1,", ",02-Jan,", 3, "row_id: '02-Jan' is a date"),
        (",2-1,", ",02.01.2026,", 3, "row_id: '02.01.2026' is a date"),
        (
            ",2-1,",
            ",#NAME?,",
            3,
            "row_id: '#NAME?' is a spreadsheet's error",
        ),
        (
            ",deal-2-1,",
            ",Jan-02,",
            3,
            "transaction_id: 'Jan-02' is a date",
        ),
        (",deal-k,", ",1E+15,", 4, "transaction_id: '1E+15'"),
        (",deal-k,", ",#####,", 4, "transaction_id: '#####'"),
        (&session, &session[1..], 2, "new_session_id: '"),
        (&session, "3.00E+15", 2, "new_session_id: '3.00E+15'"),
        (SOURCE, &SOURCE[2..], 2, "source_session_id: '"),
    ];
    for (from, to, line, words) in cases {
        job.write("m.results.csv", report.replacen(from, to, 1));
        job.retry("m.results.csv", &[])
            .ends_with(5)
            .says(&format!("m.results.csv:{line}: column {words}"))
            .says("nothing was sent");
    }
    assert_eq!(job.received(), 3);
    // Another id of the user's own is a correction, as any other cell.
    job.write(
        "m.results.csv",
        report.replacen(",deal-k,", ",deal-new,", 1),
    );
    job.retry("m.results.csv", &[])
        .ends_with(3)
        .says("transaction_id: 'deal-k' → 'deal-new'");
}

#[test]
fn a_stale_report_is_told_and_the_ledger_wins() {
    let job = failed_job();
    let stale = job.read("m.results.csv");
    job.write("m.results.csv", stale.replace("b+refuse@", "b@"));
    job.retry("m.results.csv", &[]).ends_with(3);
    assert_eq!(job.received(), 5);
    job.write("m.results.csv", &stale);
    job.retry("m.results.csv", &[])
        .ends_with(3)
        .says("1 row of this report was copied after it was written, and not sent again: row 2 (b");
    assert_eq!(job.received(), 6, "only the row that failed is tried again");
    job.assert_promise("m.results.csv");
}

#[test]
fn another_new_session_id_is_told_and_the_ledger_wins() {
    let job = failed_job();
    let report = job.read("m.results.csv");
    let session = job.report("m.results.csv")[0]["new_session_id"].clone();
    let other = "aaaaaaaa-0000-4000-8000-00000000000a";
    job.write("m.results.csv", report.replace(&session, other));
    job.retry("m.results.csv", &[])
        .ends_with(3)
        .says("the ledger has another new_session_id for some rows, and keeps it: row 1 (");
    assert_eq!(job.report("m.results.csv")[0]["new_session_id"], session);
    job.assert_promise("m.results.csv");
}

/// Reports that were set aside because somebody had edited them.
fn kept(job: &Job) -> Vec<String> {
    let names = std::fs::read_dir(job.folder()).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains(".edited-")).collect()
}

/// Also within one second.
#[test]
fn two_edited_reports_are_both_kept() {
    let job = failed_job();
    let edited: Vec<String> = ["b1@", "b2@", "b3@"]
        .into_iter()
        .map(|name| {
            let edited = job.read("m.results.csv").replace("b+refuse@", name);
            job.write("m.results.csv", &edited);
            job.run("m.csv", &[]).ends_with(3);
            edited
        })
        .collect();
    let kept: Vec<String> = kept(&job).iter().map(|name| job.read(name)).collect();
    assert!(
        edited.iter().all(|edited| kept.contains(edited)),
        "{kept:?}"
    );
}

#[test]
fn a_run_keeps_the_report_that_was_edited_and_not_given_to_retry() {
    let job = failed_job();
    let corrected = job.read("m.results.csv").replace("b+refuse@", "b@");
    job.write("m.results.csv", &corrected);
    let run = job.run("m.csv", &[]).ends_with(3);
    let kept = kept(&job);
    let [name] = kept.as_slice() else {
        panic!("{kept:?}: {}", run.stderr);
    };
    let run = run.says("m.results.csv had been edited");
    run.says(&format!("that file is now {name}"));
    assert_eq!(job.read(name), corrected);
    assert!(job.read("m.results.csv").contains("b+refuse@"));
    let name = name.clone();
    let files = ["--ledger", "m.ledger", "--report", "m.results.csv"];
    job.retry(&name, &files)
        .ends_with(3)
        .says("1 failed")
        .says("row 2 (b+refuse@example.com) was corrected: signer_1_email");
    job.assert_promise("m.results.csv");
}

#[test]
fn a_report_that_nobody_edited_or_that_was_retried_is_replaced() {
    let job = failed_job();
    let crashed = |point: &str| {
        let mut run = job.sending("run", "m.csv", &[]);
        let ended = run.env("FAILPOINTS", format!("{point}=return")).output();
        assert_eq!(ended.unwrap().status.code(), None, "{point}");
    };
    crashed("file-before-rename");
    crashed("file-renamed");
    let corrected = job.read("m.results.csv").replace("b+refuse@", "b@");
    job.write("m.results.csv", excel(&corrected));
    job.retry("m.results.csv", &[]).ends_with(3);
    job.run("m.csv", &[]).ends_with(3);
    assert_eq!(kept(&job), [""; 0]);
}

#[test]
fn a_report_whose_header_was_changed_is_no_manifest() {
    let job = failed_job();
    let report = job.read("m.results.csv");
    let (header, lines) = report.split_once('\n').unwrap();
    let spelt = header.replace('_', " ").to_uppercase();
    let renamed = header.replace("http_status", "answer");
    for header in [header.replacen("row,", "Row,", 1), spelt, renamed] {
        job.write("fixed.csv", format!("{header}\n{lines}"));
        for command in [["check", "fixed.csv"], ["retry", "fixed.csv"]] {
            let flags = ["--endpoint", "sandbox", "--ledger", "m.ledger"];
            job.other(&[command.as_slice(), &flags].concat())
                .ends_with(5)
                .says("Put its header back as it was");
        }
        job.run("fixed.csv", &[])
            .ends_with(5)
            .says("this is a report with missing or renamed columns");
    }
    assert_eq!(job.received(), 3);
}

/// Deleted down to what looks like a list, a report would copy everybody again.
#[test]
fn ids_that_another_ledger_made_are_no_list_s() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    job.run("m.csv", &[]).ends_with(0);
    let row = &job.report("m.results.csv")[0];
    let ids = ["row_id", "transaction_id"].map(|name| (name, row[name].clone()));
    let cells = format!("{SOURCE},Lease,Li,a@example.com\n");
    for (name, id) in ids {
        job.write("cut.csv", format!("{name},{HEADER}{id},{cells}"));
        let words =
            format!("cut.csv:2: column {name}: '{id}' is from the report of another ledger");
        job.other(&["check", "cut.csv"]).ends_with(5).says(&words);
        job.run("cut.csv", &[]).ends_with(5).says(&words);
    }
    assert_eq!(job.received(), 1);
}

#[test]
fn a_transaction_id_that_was_made_for_another_row_refuses_a_report_and_a_manifest() {
    let job = Job::new();
    job.mailing("m.csv", &["a+refuse@example.com", "b+refuse@example.com"]);
    job.run("m.csv", &[]).ends_with(3);
    let report = job.read("m.results.csv");
    let rows = job.report("m.results.csv");
    let [first, second] = rows.as_slice() else {
        panic!("{report}");
    };
    edit(&job, 2, &second["transaction_id"], &first["transaction_id"]);
    job.retry("m.results.csv", &[])
        .ends_with(5)
        .says("m.results.csv:3: column transaction_id: 'ec-")
        .says("was made for another row");
    job.write("m.results.csv", &report);
    let list = format!(
        "transaction_id,{HEADER}{},{SOURCE},Lease,Li,b@example.com\n",
        second["transaction_id"]
    );
    job.write("again.csv", list);
    let more = ["--ledger", "m.ledger", "--accept-changes"];
    job.run("again.csv", &more)
        .ends_with(5)
        .says("was made for row 2");
    assert_eq!(job.received(), 2);
}
