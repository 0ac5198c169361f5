//! Lists that are compressed, or whose text is not UTF-8.

use std::io::Write;

use encoding_rs::{Encoding, SHIFT_JIS, WINDOWS_1252};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::kit::{HEADER, Job, SOURCE, column};

fn list() -> String {
    format!("{HEADER}{SOURCE},Lease,Müller,a@example.com\n{SOURCE},Lease,Groß,b@example.com\n")
}

fn encoded(text: &str, encoding: &'static Encoding) -> Vec<u8> {
    encoding.encode(text).0.into_owned()
}

fn utf_16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_list_in_another_encoding_is_read_as_it_is_named() {
    for (bytes, name) in [
        (encoded(&list(), WINDOWS_1252), "windows-1252"),
        (encoded(&list(), WINDOWS_1252), "latin1"),
        (utf_16(&list()), "utf-16le"),
        (utf_16(&format!("\u{feff}{}", list())), "UTF-16"),
        (list().into_bytes(), "utf-8"),
        (format!("\u{feff}{}", list()).into_bytes(), "UTF8"),
    ] {
        let job = Job::new();
        job.write("m.csv", bytes);
        job.run("m.csv", &["--encoding", name]).ends_with(0);
        let lines = job.report("m.results.csv");
        assert_eq!(
            column(&lines, "signer_1_last_name"),
            ["Müller", "Groß"],
            "{name}"
        );
        job.assert_promise("m.results.csv");
    }
    let job = Job::new();
    let record = format!(
        r#"[{{"source_session_id": "{SOURCE}", "email": "a@example.com", "last_name": "Müller"}}]"#
    );
    job.write("m.json", encoded(&record, WINDOWS_1252));
    job.run("m.json", &["--encoding", "windows-1252"])
        .ends_with(0);
    assert_eq!(
        column(&job.report("m.results.csv"), "signer_1_last_name"),
        ["Müller"]
    );
}

#[test]
fn the_next_command_names_the_encoding_only_for_the_list() {
    let job = Job::new();
    let list = list().replace("b@", "b+refuse@");
    job.write("m.csv", encoded(&list, WINDOWS_1252));
    let mut run = job.sending("run", "m.csv", &[]);
    run.env("ESIGN_COPY_ENCODING", "windows-1252");
    let ran = run.output().unwrap();
    assert_eq!(ran.status.code(), Some(3));
    assert!(!String::from_utf8_lossy(&ran.stderr).contains("--encoding"));
    // The report is UTF-8, and a variable that says how the list is written does not change that.
    let corrected = job.read("m.results.csv").replace("b+refuse@", "b@");
    job.write("m.results.csv", corrected);
    let mut retry = job.sending("retry", "m.results.csv", &[]);
    retry.env("ESIGN_COPY_ENCODING", "windows-1252");
    retry.env("ESIGN_COPY_SHEET", "Mieter");
    let ran = retry.output().unwrap();
    assert_eq!(
        ran.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let lines = job.report("m.results.csv");
    assert_eq!(column(&lines, "signer_1_last_name"), ["Müller", "Groß"]);
    job.write("new.csv", encoded(&self::list(), WINDOWS_1252));
    let rehearsal = [
        "run",
        "new.csv",
        "--encoding",
        "latin1",
        "--endpoint",
        "sandbox",
    ];
    job.other(&rehearsal)
        .ends_with(0)
        .says("run new.csv --encoding latin1 --endpoint stage");
}

#[test]
fn a_report_that_a_spreadsheet_saved_in_another_encoding_is_read() {
    let job = Job::new();
    job.write("m.csv", list().replace("b@", "b+refuse@"));
    job.run("m.csv", &[]).ends_with(3);
    let corrected = job.read("m.results.csv").replace("b+refuse@", "b@");
    job.write("m.results.csv", encoded(&corrected, WINDOWS_1252));
    job.retry("m.results.csv", &[])
        .ends_with(5)
        .says("windows-1252 (Müller)");
    job.retry("m.results.csv", &["--encoding", "windows-1252"])
        .ends_with(0);
    let lines = job.report("m.results.csv");
    assert_eq!(column(&lines, "signer_1_last_name"), ["Müller", "Groß"]);
    assert_eq!(column(&lines, "status"), ["copied"; 2]);
}

#[test]
fn a_text_that_is_not_utf_8_is_refused_once_with_what_would_fit() {
    let job = Job::new();
    job.write(
        "m.csv",
        encoded(&list().replace("b@example.com", "b@"), WINDOWS_1252),
    );
    let ran = job.other(&["check", "m.csv"]).ends_with(5).says(
        "m.csv:2: column signer_1_last_name: this file is not UTF-8 text. Add --encoding with the name under \
         which its words read right: windows-1252 (Müller), macintosh (M¸ller)",
    );
    assert_eq!(ran.stderr.matches("not UTF-8").count(), 1, "{}", ran.stderr);
    // What else is wrong is said as well.
    assert!(
        ran.stderr.contains("m.csv:3: column signer_1_email"),
        "{}",
        ran.stderr
    );
    for (name, format) in [("m.json", "[{}]"), ("m.jsonl", "{}\n{}\n")] {
        let record = format!(
            r#"{{"source_session_id": "{SOURCE}", "email": "a@example.com", "last_name": "Müller"}}"#
        );
        let text = format.replace("{}", &record);
        job.write(name, encoded(&text, WINDOWS_1252));
        let ran = job
            .other(&["check", name])
            .ends_with(5)
            .says("windows-1252 (Müller)");
        assert_eq!(ran.stderr.matches("not UTF-8").count(), 1, "{}", ran.stderr);
    }
}

#[test]
fn an_encoding_that_does_not_fit_is_refused() {
    let job = Job::new();
    job.write("m.csv", list());
    job.other(&["check", "m.csv", "--encoding", "klingon"])
        .ends_with(2)
        .says("windows-1252");
    job.write("m.csv", format!("\u{feff}{}", list()));
    job.other(&["check", "m.csv", "--encoding", "windows-1252"])
        .ends_with(5)
        .says(
            "the file begins with the byte order mark of UTF-8, but --encoding says windows-1252",
        );
    let mut bytes = encoded(
        &list().replace("Müller", "山田").replace('ß', "s"),
        SHIFT_JIS,
    );
    bytes.extend(format!("{SOURCE},Lease,\u{7f}").into_bytes());
    bytes.extend(b"\x81,c@example.com\n");
    job.write("m.csv", bytes);
    job.other(&["check", "m.csv", "--encoding", "shift_jis"])
        .ends_with(5)
        .says("m.csv:4: column signer_1_last_name: contains bytes that are no Shift_JIS text");
    job.write("m.csv", utf_16(&list()));
    job.other(&["check", "m.csv"])
        .ends_with(5)
        .says("--encoding utf-16le");
}

#[test]
fn a_compressed_list_is_unpacked() {
    let job = Job::new();
    let list_text = list();
    let (first, second) = list_text.split_at(100);
    let two_members = [gzip(first.as_bytes()), gzip(second.as_bytes())].concat();
    job.write("m.csv.gz", two_members);
    job.run("m.csv.gz", &[]).ends_with(0);
    let lines = job.report("m.results.csv");
    assert_eq!(column(&lines, "signer_1_last_name"), ["Müller", "Groß"]);
    assert!(job.path("m.ledger").exists());
    job.other(&["status", "m.csv.gz"]).ends_with(0).says("2");
    job.run("m.csv.gz", &[]).ends_with(0);
    assert_eq!(job.received(), 2);
    // It is known by its first bytes, and its text may be written in any way.
    job.write("latin.csv", gzip(&encoded(&list(), WINDOWS_1252)));
    job.other(&["check", "latin.csv", "--encoding", "latin1"])
        .ends_with(0);
    job.other(&["check", "latin.csv"])
        .ends_with(5)
        .says("windows-1252 (Müller)");
    let record = format!(
        r#"{{"source_session_id": "{SOURCE}", "email": "a@example.com", "last_name": "Li"}}"#
    );
    job.write("m.jsonl.gz", gzip(record.as_bytes()));
    job.other(&["check", "m.jsonl.gz"]).ends_with(0);
    let mut from_input = job.command(&["check", "-", "--format", "csv"]);
    from_input.stdin(std::fs::File::open(job.path("m.csv.gz")).unwrap());
    assert_eq!(from_input.output().unwrap().status.code(), Some(0));
}

#[test]
fn a_damaged_archive_is_refused() {
    let job = Job::new();
    let whole = gzip(list().as_bytes());
    let mut broken = whole.clone();
    broken[20] ^= 0xff;
    for bytes in [
        whole[..whole.len() - 9].to_vec(),
        whole[..30].to_vec(),
        broken,
    ] {
        job.write("m.csv.gz", bytes);
        job.run("m.csv.gz", &[])
            .ends_with(5)
            .says("the gzip archive is damaged or cut off");
    }
    assert_eq!(job.received(), 0);
}
