//! Tables as spreadsheets leave them: titles above, columns beside, spaces between.

use crate::kit::{HEADER, Job, SOURCE, column};

#[test]
fn a_space_before_a_quoted_cell_is_refused() {
    let job = Job::new();
    for (cell, column) in [
        (" \"Lease 2027\"", "title"),
        ("   \"Lease\"", "title"),
        ("\t\"Lease\"", "title"),
        ("\u{a0}\"Lease\"", "title"),
        ("\u{3000}\u{200b}\"Lease\"", "title"),
    ] {
        job.write(
            "m.csv",
            format!("{HEADER}{SOURCE},{cell},Li,a@example.com\n"),
        );
        job.run("m.csv", &[]).ends_with(5).says(&format!(
            "m.csv:2: column {column}: there is a space before the opening quote"
        ));
    }
    // A separator within such a cell is one of the line's.
    job.write(
        "m.csv",
        format!("{HEADER}{SOURCE}, \"Lease, 2027\",Li,a@example.com\n"),
    );
    job.run("m.csv", &[]).ends_with(5).says(
        "m.csv:2: has 5 fields, but the header has 4: there is a space before the opening quote",
    );
    let header = HEADER.replace("title", " \"title\"");
    job.write(
        "m.csv",
        format!("{header}{SOURCE},Lease,Li,a@example.com\n"),
    );
    job.run("m.csv", &[])
        .ends_with(5)
        .says("m.csv:1: header 2: there is a space before the opening quote");
    assert_eq!(job.received(), 0);
    for cell in [
        "\"Lease 2027\"",
        "Bail \"Les Lilas\"",
        "\" \"\"Lease\"\"\"",
        " Lease",
        "\"Lease\" ",
    ] {
        job.write(
            "m.csv",
            format!("{HEADER}{SOURCE},{cell},Li,a@example.com\n"),
        );
        let ran = job.other(&["check", "m.csv"]);
        assert_eq!(ran.code, 0, "{cell}: {}", ran.stderr);
    }
}

#[test]
fn columns_without_a_name_and_a_cell_are_left_out() {
    for commas in [",", ",,", ",,,"] {
        let job = Job::new();
        let text =
            format!("{HEADER}{SOURCE},Lease,Li,a@example.com\n{SOURCE},Lease,Li,b@example.com\n");
        let text = text.replace('\n', &format!("{commas}\n"));
        job.write("m.csv", &text);
        let ran = job.run("m.csv", &[]).ends_with(0);
        assert_eq!(ran.stderr.matches("left out").count(), 1, "{}", ran.stderr);
        let header = job.read("m.results.csv");
        assert!(
            header.lines().next().unwrap().ends_with(",signer_1_email"),
            "{header}"
        );
        assert_eq!(
            column(&job.report("m.results.csv"), "status"),
            ["copied"; 2]
        );
        // A cell in one of them refuses the file once.
        let held = text.replace(
            &format!(".com{commas}\n"),
            &format!(".com{},x\n", &commas[1..]),
        );
        job.write("m.csv", held);
        let number = 4 + commas.len();
        let ran = job.run("m.csv", &[]).ends_with(5);
        ran.says(&format!(
            "m.csv:1: column {number} has no name, but line 2 has a cell in it"
        ))
        .says("error: 1 problem");
        assert_eq!(job.received(), 2);
    }
}

#[test]
fn a_title_above_the_header_is_told_with_the_header_s_line() {
    let job = Job::new();
    let row = format!("{SOURCE},Lease,Li,a@example.com\n");
    for (above, line) in [
        ("Mailing October 2026\n", 2),
        ("Mailing October 2026\n\n", 3),
        ("Mailing October 2026,,,\n,,,\n", 3),
        ("\u{feff}List of tenants\nas of 1 October\n", 3),
        ("\n\nTenants\r\n", 4),
    ] {
        job.write("m.csv", format!("{above}{HEADER}{row}"));
        let ran = job.run("m.csv", &[]).ends_with(5);
        ran.says(&format!(
            "no known column is named here, but line {line} names some"
        ))
        .says("error: 1 problem");
        let text = format!("{above}{HEADER}{row}").replace(',', ";");
        job.write("m.csv", text);
        job.run("m.csv", &[])
            .ends_with(5)
            .says(&format!("but line {line} names some"));
    }
    // Also where the source is said beside it, and nothing would be missing.
    let source = format!("source_session_id={SOURCE}");
    job.write(
        "m.csv",
        "Tenants\nfirst_name,last_name,email\nAna,Li,ana@example.com\n",
    );
    job.run("m.csv", &["--set", &source])
        .ends_with(5)
        .says("m.csv:1: no known column is named here, but line 2 names some: delete this line");
    job.write(
        "m.csv",
        "Tenants;;\n;;\nVorname;Nachname;E-Mail\nAna;Li;ana@example.com\n",
    );
    job.run("m.csv", &["--set", &source])
        .ends_with(5)
        .says("but line 3 names some: delete the lines above it");
    // A list without a header below its first line is told as before.
    job.write("m.csv", "a,b\n1,2\n");
    job.run("m.csv", &[])
        .ends_with(5)
        .says("there is no column source_session_id");
    assert_eq!(job.received(), 0);
}

/// A spreadsheet leaves the same behind a report.
#[test]
fn a_report_with_columns_without_a_name_is_read() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com", "b+refuse@example.com"]);
    job.run("m.csv", &[]).ends_with(3);
    let report = job.read("m.results.csv").replace("b+refuse@", "b@");
    job.write("m.results.csv", report.replace("\r\n", ",,\r\n"));
    let checked = job.other(&["check", "m.results.csv"]).ends_with(0);
    let checked = checked.says("retry would send 1 row, 1 of them corrected");
    assert!(!checked.stderr.contains("warning"), "{}", checked.stderr);
    job.write(
        "m.results.csv",
        report.replace("\r\n", ",,x\r\n").replacen(",x\r", ",\r", 1),
    );
    let checked = job.other(&["check", "m.results.csv"]).ends_with(0);
    assert_eq!(
        checked.stderr.matches("has no name").count(),
        1,
        "{}",
        checked.stderr
    );
    job.write(
        "m.results.csv",
        report.replace(",Lease,Li,b@", ", \"Lease\",Li,b@"),
    );
    job.retry("m.results.csv", &[])
        .ends_with(5)
        .says("m.results.csv:3: column title: there is a space before the opening quote");
    job.write("m.results.csv", report.replace("\r\n", ",,\r\n"));
    job.retry("m.results.csv", &[]).ends_with(0);
    assert_eq!(job.received(), 3);
}
