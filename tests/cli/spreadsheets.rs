//! The report for the spreadsheet that opens it, and what a spreadsheet of another country makes of it.

use crate::kit::{Job, SOURCE, column};

const HEADER: [&str; 6] = [
    "source_session_id",
    "title",
    "signer_1_last_name",
    "signer_1_email",
    "signer_1_first_name",
    "note",
];

/// A list of three people, the second of whom is refused.
fn list(separator: &str) -> String {
    let row = |email: &str| {
        let cells = [SOURCE, "Lease", "Groß", email, "José", "\"a,b;c\""];
        cells.join(separator)
    };
    let rows = ["a@example.com", "b+refuse@example.com", "c@example.com"].map(row);
    format!("{}\r\n{}\r\n", HEADER.join(separator), rows.join("\r\n"))
}

fn utf_16(text: &str) -> Vec<u8> {
    let units = text.encode_utf16();
    units.flat_map(u16::to_le_bytes).collect()
}

/// How a report begins that is written so.
fn start(separator: &str, has_mark: bool) -> String {
    let mark = if has_mark { "\u{feff}" } else { "" };
    format!(
        "{mark}{}",
        ["row", "row_id", "source_session_id"].join(separator)
    )
}

#[test]
fn a_report_is_written_as_its_list_was() {
    let marked = |separator: &str| format!("\u{feff}{}", list(separator));
    for (bytes, separator, has_mark) in [
        (list(",").into_bytes(), ",", false),
        (marked(",").into_bytes(), ",", true),
        (list(";").into_bytes(), ";", false),
        (marked(";").into_bytes(), ";", true),
        (list("\t").into_bytes(), "\t", false),
        (utf_16(&marked("\t")), "\t", true),
    ] {
        let job = Job::new();
        job.write("m.csv", bytes);
        job.run("m.csv", &[]).ends_with(3);
        let report = job.read("m.results.csv");
        let start = start(separator, has_mark);
        assert!(report.starts_with(&start), "{report}");
        let lines = job.report("m.results.csv");
        assert_eq!(column(&lines, "note"), ["a,b;c"; 3]);
        assert_eq!(column(&lines, "signer_1_last_name"), ["Groß"; 3]);
        job.other(&["report", "m.csv", "--output", "again.csv"])
            .ends_with(0);
        assert_eq!(job.read("again.csv"), report);
        let printed = job.other(&["report", "m.csv"]).ends_with(0).stdout;
        assert!(printed.starts_with("row,row_id,"), "{printed}");
        job.other(&["report", "m.csv", "--output", "again.json"])
            .ends_with(0);
        assert!(job.read("again.json").starts_with("[\n{\"row\":1,"));
        // It is known to be ours, and as it was written.
        let ran = job.run("m.csv", &[]).ends_with(3);
        assert!(!ran.stderr.contains("kept as"), "{}", ran.stderr);
        job.run("m.results.csv", &[]).ends_with(5).says("retry");
        job.other(&["check", "m.results.csv"])
            .ends_with(0)
            .says("retry would send 1 row, 0 of them corrected");
        assert_eq!(job.received(), 3);
    }
}

#[test]
fn a_list_that_is_no_csv_has_a_report_with_commas() {
    let job = Job::new();
    let record = format!(
        "{{\"source_session_id\":\"{SOURCE}\",\"title\":\"Größe; 42\",\"signer_1_last_name\":\"Li\",\"signer_1_email\":\"a@example.com\"}}"
    );
    job.write("m.jsonl", format!("{record}\n"));
    job.run("m.jsonl", &[]).ends_with(0);
    assert!(job.read("m.results.csv").starts_with(&start(",", false)));
}

#[test]
fn retry_writes_the_report_as_it_was_given_and_run_as_the_list_is() {
    let job = Job::new();
    job.write("m.csv", format!("\u{feff}{}", list(";")));
    job.run("m.csv", &[]).ends_with(3);
    let report = job.read("m.results.csv").replace("b+refuse", "x+refuse");
    job.write("m.results.csv", report);
    job.retry("m.results.csv", &[])
        .ends_with(3)
        .says("x+refuse@example.com");
    assert!(job.read("m.results.csv").starts_with(&start(";", true)));
    // Somebody's program reads it and writes it in its own way.
    let lines = job.report("m.results.csv");
    let mut written = csv::WriterBuilder::new()
        .delimiter(b'\t')
        .from_writer(Vec::new());
    let order: Vec<String> = job
        .read("m.results.csv")
        .trim_start_matches('\u{feff}')
        .lines()
        .next()
        .unwrap()
        .split(';')
        .map(str::to_owned)
        .collect();
    written.write_record(&order).unwrap();
    for line in &lines {
        written
            .write_record(order.iter().map(|name| &line[name]))
            .unwrap();
    }
    job.write("m.results.csv", written.into_inner().unwrap());
    job.retry("m.results.csv", &[]).ends_with(3);
    assert!(job.read("m.results.csv").starts_with(&start("\t", false)));
    job.run("m.csv", &[]).ends_with(3);
    assert!(job.read("m.results.csv").starts_with(&start(";", true)));
    // Without its ledger, the report is all that is known of the list.
    std::fs::remove_file(job.path("m.ledger")).unwrap();
    let lone = [
        "--without-ledger",
        "--username",
        "owner@example.com",
        "--settle-window",
        "1s",
    ];
    job.retry("m.results.csv", &lone).ends_with(3);
    assert!(job.read("m.results.csv").starts_with(&start(";", true)));
    assert_eq!(job.stats().copies_committed, 2);
}

#[test]
fn a_report_that_was_edited_is_kept_whatever_separates_its_cells() {
    let job = Job::new();
    job.write("m.csv", list(";"));
    job.run("m.csv", &[]).ends_with(3);
    let report = job.read("m.results.csv").replace("Lease", "Rent");
    job.write("m.results.csv", report);
    job.run("m.csv", &[])
        .ends_with(3)
        .says("that file is now m.results.edited-");
    job.write("n.csv", list(";"));
    job.write("mine.csv", "a;b\n1;2\n");
    let more = ["--report", "mine.csv", "--accept-changes"];
    job.run("n.csv", &more)
        .ends_with(2)
        .says("is not overwritten");
}

/// A German Excel opens a report with commas by a double click: a single column, of which it quotes
/// what it must.
#[test]
fn a_report_in_one_column_is_refused_with_the_way_out() {
    let job = Job::new();
    job.write("m.csv", list(","));
    job.run("m.csv", &[]).ends_with(3);
    let report = job.read("m.results.csv");
    let in_one_cell = |line: &str| match line.contains('"') {
        true => format!("\"{}\"\r\n", line.replace('"', "\"\"")),
        false => format!("{line}\r\n"),
    };
    let saved: String = report.lines().map(in_one_cell).collect();
    let quoted: String = report
        .lines()
        .map(|line| format!("\"{}\"\r\n", line.replace('"', "\"\"")))
        .collect();
    for (text, place) in [(saved, "m.results.csv:2: "), (quoted, "m.results.csv:1: ")] {
        job.write("m.results.csv", format!("\u{feff}{text}"));
        for ran in [
            job.retry("m.results.csv", &[]),
            job.other(&["check", "m.results.csv"]),
        ] {
            let ran = ran
                .ends_with(5)
                .says(place)
                .says("into one column")
                .says("separator: comma");
            assert_eq!(
                ran.stderr.matches("into one column").count(),
                1,
                "{}",
                ran.stderr
            );
        }
        job.run("m.results.csv", &[]).ends_with(5);
    }
    assert_eq!(job.received(), 3);
    // As it was written, it is taken.
    job.write("m.results.csv", report.replace("+refuse", ""));
    job.retry("m.results.csv", &[]).ends_with(0);
}

#[test]
fn text_in_a_wrong_encoding_is_no_correction() {
    let job = Job::new();
    job.write("m.csv", list(";"));
    job.run("m.csv", &[]).ends_with(3);
    let report = job.read("m.results.csv");
    let mangled = report.replace("José", "JosÃ©").replace("Groß", "GroÃŸ");
    job.write("m.results.csv", mangled);
    for more in [&[][..], &["--skip-invalid"]] {
        let check = [&["check", "m.results.csv"], more].concat();
        for ran in [job.retry("m.results.csv", more), job.other(&check)] {
            ran.ends_with(5)
                .says(
                    "m.results.csv:3: column signer_1_last_name: 'GroÃŸ' is 'Groß' read in the wrong",
                )
                .says("column signer_1_first_name: 'JosÃ©' is 'José' read in the wrong encoding");
        }
    }
    assert_eq!(job.received(), 3);
    // A name that was wrong in the list is put right.
    let corrected = report.replace("+refuse", "").replace("José", "Josè");
    job.write("m.results.csv", corrected);
    job.retry("m.results.csv", &[])
        .ends_with(0)
        .says("signer_1_first_name: 'José' → 'Josè'");
}
