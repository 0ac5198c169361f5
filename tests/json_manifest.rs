//! JSON manifests as their users run them: in, through the CSV report and `retry`, and out again.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use serde_json::Value;

const SOURCE: &str = "8c1f5f0e-6f0b-4b53-9a55-2f6d1f4f0c11";

type Line = BTreeMap<String, String>;

fn esign_copy(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_esign-copy"));
    command.env_clear().current_dir(folder).args(arguments);
    command
}

fn rehearse(folder: &Path, manifest: &str) -> Assert {
    let arguments = ["run", manifest, "--endpoint", "sandbox", "--rate", "max"];
    esign_copy(folder, &arguments).assert()
}

fn sample(folder: &Path, name: &str) {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    fs::copy(samples.join(name), folder.join(name)).unwrap();
}

/// The lines of a report, by column.
fn results(path: &Path) -> Vec<Line> {
    let mut csv = csv::Reader::from_path(path).unwrap();
    csv.deserialize().map(Result::unwrap).collect()
}

fn columns<'a>(lines: &'a [Line], name: &str) -> Vec<&'a str> {
    lines.iter().map(|line| line[name].as_str()).collect()
}

fn stderr(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

#[test]
fn the_samples_are_copied_and_say_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    sample(folder, "sessions.json");
    sample(folder, "sessions.jsonl");
    rehearse(folder, "sessions.json").code(0);
    let array = results(&folder.join("sessions.rehearsal.results.csv"));
    rehearse(folder, "sessions.jsonl").code(0);
    let lines = results(&folder.join("sessions.rehearsal.results.csv"));
    assert_eq!(array.len(), 9);
    assert_eq!(columns(&array, "row_id"), columns(&lines, "row_id"));
    assert_eq!(array[0]["signer_2_merge_Unit"], "A101");
    assert_eq!(array[0]["customer_no"], "10401");
    let nested =
        r#"{"signed":"2018-01-15","extras":["parking","cellar"],"area":{"m2":54.5,"rooms":2}}"#;
    assert_eq!(array[0]["contract"], nested);
}

#[test]
fn a_row_is_the_same_row_in_csv_and_json() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let csv = format!(
        "source_session_id,title,signer_1_email,signer_1_sequence,signer_1_merge_City,\
         send_signer_invites,note\n\
         {SOURCE},Lease 1,ana@example.com,1,Lyon,false,a\n\
         {SOURCE},Lease 2,bo@example.com,,,,b\n"
    );
    let json = format!(
        r#"[{{"note": "x", "SigningSessionId": "{}", "signers": [
                {{"Email": "Ana@example.com", "sequence": 1, "merge": {{"City": "Lyon"}}}}],
              "Transaction Title": "Lease 1", "sendSignerInvites": false}},
            {{"source_session_id": "{SOURCE}", "title": "Lease 2",
              "signer_1_email": "bo@example.com", "signer_1_sequence": null}}]"#,
        SOURCE.to_uppercase()
    );
    fs::write(folder.join("a.csv"), csv).unwrap();
    fs::write(folder.join("b.json"), json).unwrap();
    rehearse(folder, "a.csv").code(0);
    rehearse(folder, "b.json").code(0);
    let csv = results(&folder.join("a.rehearsal.results.csv"));
    let json = results(&folder.join("b.rehearsal.results.csv"));
    assert_eq!(columns(&csv, "row_id"), columns(&json, "row_id"));
}

#[test]
fn a_failed_record_is_corrected_in_the_report_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let json = format!(
        r#"[
          {{"source_session_id": "{SOURCE}", "title": "Lease \"1\", unit A",
            "signers": [{{"email": "ana@example.com", "merge": {{"Unit No": 12}}}}],
            "crm": {{"id": 12345678901234567890123, "tags": ["a", "b,c"]}}, "status": "new"}},
          {{"source_session_id": "{SOURCE}", "title": "Lease 2",
            "signers": [{{"email": "bo+refuse@example.com", "merge": {{"Unit No": "13"}}}},
                        {{"email": "cy@example.com", "last_name": "Löw"}}],
            "crm": {{"id": 1.50, "tags": []}}, "remark": "two\nlines", "done": true}}
        ]"#
    );
    fs::write(folder.join("jobs.json"), json).unwrap();
    rehearse(folder, "jobs.json").code(3);
    let path = folder.join("jobs.rehearsal.results.csv");
    let before = results(&path);
    assert_eq!(columns(&before, "status"), ["copied", "failed"]);
    assert_eq!(before[0]["input.status"], "new");

    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("bo+refuse@", "bo@")).unwrap();
    let name = "jobs.rehearsal.results.csv";
    let arguments = ["retry", name, "--endpoint", "sandbox", "--rate", "max"];
    esign_copy(folder, &arguments).assert().code(0);
    let after = results(&path);
    assert_eq!(columns(&after, "status"), ["copied", "copied"]);
    assert_eq!(columns(&after, "row_id"), columns(&before, "row_id"));
    assert_eq!(after[1]["signer_1_email"], "bo@example.com");
    for name in [
        "title",
        "signer_1_merge_Unit No",
        "signer_2_email",
        "signer_2_last_name",
        "crm",
        "remark",
        "done",
        "input.status",
    ] {
        assert_eq!(columns(&after, name), columns(&before, name), "{name}");
    }
    let crm = r#"{"id":12345678901234567890123,"tags":["a","b,c"]}"#;
    assert_eq!(after[0]["crm"], crm);
    assert_eq!(after[1]["crm"], r#"{"id":1.50,"tags":[]}"#);

    report_as_json(folder, &after);
}

/// `report --format json` says what the CSV report says.
fn report_as_json(folder: &Path, expected: &[Line]) {
    let arguments = ["report", "jobs.rehearsal.ledger", "--format", "json"];
    let shown = esign_copy(folder, &arguments).assert().code(0);
    let text = String::from_utf8(shown.get_output().stdout.clone()).unwrap();
    assert!(text.ends_with("}\n]\n"));
    assert_eq!(text.lines().count(), expected.len() + 2);
    let lines: Vec<BTreeMap<String, Value>> = serde_json::from_str(&text).unwrap();
    assert_eq!(lines[1]["row"], 2);
    assert!(lines[0]["remark"].is_null());
    let as_csv = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let lines: Vec<Line> = lines
        .iter()
        .map(|line| {
            line.iter()
                .map(|(name, value)| (name.clone(), as_csv(value)))
                .collect()
        })
        .collect();
    assert_eq!(lines, expected);

    // It may be written anew, but no manifest may be made of it.
    let to_file = [
        "report",
        "jobs.rehearsal.ledger",
        "--format",
        "json",
        "--output",
        "r.json",
    ];
    esign_copy(folder, &to_file).assert().code(0);
    esign_copy(folder, &to_file).assert().code(0);
    let refused = esign_copy(folder, &["check", "r.json"]).assert().code(5);
    assert!(stderr(&refused).contains("`esign-copy retry`"));
    fs::write(folder.join("own.json"), "[{\"row\":1}]\n").unwrap();
    let to_own = [
        "report",
        "jobs.rehearsal.ledger",
        "--format",
        "json",
        "--output",
        "own.json",
    ];
    esign_copy(folder, &to_own).assert().code(2);
}

#[test]
fn problems_are_told_with_record_and_member() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let record = format!(r#""source_session_id": "{SOURCE}""#);
    let json = format!(
        r#"[{{{record}, "signers": [{{"email": "ana@"}}]}},
            {{{record}, "Titel": "a", "signers": [{{"first_name": "Bo", "merge": {{"City": {{}}}}}}]}},
            {{"signers": [{{"first_name": "Cy"}}], "useSequence": 7, "title": ["a"]}},
            {{"UseSequence": 7, "signer_1_email": "cy@"}},
            {{{record}, "a": 1, "a": 2}},
            {{}},
            {{{record} "title": "b"}}]"#
    );
    fs::write(folder.join("sessions.json"), json).unwrap();
    let refused = esign_copy(folder, &["check", "sessions.json"])
        .assert()
        .code(5);
    let expected = "\
sessions.json: record 1: signers[0].email: 'ana@' is not an e-mail address
sessions.json: record 2: 'Titel' looks like a misspelling of title; correct it, or add --other-column 'Titel' if it is your own column
sessions.json: record 2: signers[0].merge.City: is an object; it must be text, a number, true or false
sessions.json: record 3: title: is an array; it must be text, a number, true or false
sessions.json: record 4: source_session_id: is empty; it must name the session to copy
sessions.json: record 4: UseSequence: '7' is not 0 (any order), 1 (in order) or 2 (suspended)
sessions.json: record 4: signer_1_email: 'cy@' is not an e-mail address
sessions.json: record 5: there are two members 'a'; delete one
sessions.json: record 6: is empty; delete it
sessions.json: record 7: line 7 column 74: expected `,` or `}`
error: 10 problems; nothing was sent
";
    assert_eq!(stderr(&refused), expected);
}

#[test]
fn json_lines_may_be_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let record = format!(
        r#"{{"source_session_id": "{SOURCE}", "email": "a@example.com", "last_name": "Li", "row_id": 1}}"#
    );
    let whole = format!("\u{feff}{record}\n\n{}", record.replace('1', "2"));
    // The source session id holds digits too; only the row id may differ.
    let whole = whole.replace(&SOURCE.replace('1', "2"), SOURCE);
    fs::write(folder.join("a.ndjson"), &whole).unwrap();
    let passed = esign_copy(folder, &["check", "a.ndjson"]).assert().code(0);
    assert!(stderr(&passed).contains("a.ndjson: the last line has no line break"));
    fs::write(folder.join("a.ndjson"), &whole[..whole.len() - 3]).unwrap();
    let refused = esign_copy(folder, &["check", "a.ndjson"]).assert().code(5);
    let told = stderr(&refused);
    assert!(
        told.contains("\na.ndjson: record 2: line 3 column "),
        "{told}"
    );
    assert!(told.contains("was the file cut off?"), "{told}");

    let utf16: Vec<u8> = format!("\u{feff}[{record}]")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    fs::write(folder.join("b.json"), utf16).unwrap();
    esign_copy(folder, &["check", "b.json"]).assert().code(0);
    fs::write(folder.join("c.json"), "[]").unwrap();
    rehearse(folder, "c.json").code(0);
    assert!(results(&folder.join("c.rehearsal.results.csv")).is_empty());
}

#[test]
fn standard_input_is_a_manifest_that_has_no_name() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let record = |email: &str| {
        format!(r#"{{"source_session_id": "{SOURCE}", "signers": [{{"email": "{email}"}}]}}"#)
    };
    let good = format!(
        "{}\n{}\n",
        record("ana@example.com"),
        record("bo@example.com")
    );
    let run = |extra: &[&str], input: &str| {
        let mut arguments = vec!["run", "-", "--endpoint", "sandbox", "--rate", "max"];
        arguments.extend(extra);
        esign_copy(folder, &arguments).write_stdin(input).assert()
    };
    let places = ["--ledger", "job.ledger", "--report", "job.results.csv"];
    run(&places, &good).code(2);
    run(&["--format", "jsonl", "--report", "job.results.csv"], &good).code(2);
    run(&["--format", "jsonl", "--ledger", "job.ledger"], &good).code(2);
    let all = [&["--format", "jsonl"], &places[..]].concat();
    run(&all, &good).code(0);
    let first = results(&folder.join("job.results.csv"));
    assert_eq!(columns(&first, "status"), ["copied", "copied"]);
    run(&all, &good).code(0);
    assert_eq!(results(&folder.join("job.results.csv")), first);

    esign_copy(folder, &["check", "-"])
        .write_stdin(good)
        .assert()
        .code(2);
    let refused = esign_copy(folder, &["check", "-", "--format", "json"])
        .write_stdin(format!("[{}]", record("ana@")))
        .assert()
        .code(5);
    assert!(stderr(&refused).starts_with("-: record 1: signers[0].email: 'ana@'"));
    let refused = esign_copy(folder, &["check", "-", "--format", "csv"])
        .write_stdin("source_session_id\nx\n")
        .assert()
        .code(5);
    assert!(stderr(&refused).starts_with("-:2: column source_session_id: 'x'"));
}
