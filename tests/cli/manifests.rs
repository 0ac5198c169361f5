//! Manifests as people make them, and what refuses them.

use crate::kit::{HEADER, Job, Ran, SOURCE, column};

#[test]
fn every_problem_is_told_with_its_place_and_nothing_is_sent() {
    let job = Job::new();
    let row = |email: &str| format!("{SOURCE},Lease,Li,{email}\n");
    job.write(
        "m.csv",
        format!(
            "{HEADER}{}{}not-a-guid,Lease,Li,b@example.com\nx,y\n{HEADER}",
            row("a@example.com"),
            row("ana@")
        ),
    );
    let ran = job.run("m.csv", &[]).ends_with(5);
    for line in [
        "m.csv:3: column signer_1_email: 'ana@' is not an e-mail address",
        "m.csv:4: column source_session_id: 'not-a-guid' is not a session id",
        "m.csv:5: has 2 fields, but the header has 4",
        "m.csv:6: is the header again",
        "4 problems; nothing was sent",
    ] {
        assert!(
            ran.stderr.contains(line),
            "'{line}' is not in\n{}",
            ran.stderr
        );
    }
    assert_eq!(job.received(), 0);
    assert!(!job.path("m.ledger").exists());
    let checked = job.other(&["check", "m.csv"]).ends_with(5);
    assert_eq!(checked.stderr, ran.stderr);
}

#[test]
fn broken_files_are_refused() {
    let job = Job::new();
    let good = format!("{SOURCE},Lease,Li,a@example.com\n");
    for (name, text, words) in [
        ("empty", String::new(), "is empty"),
        (
            "no source",
            "title,signer_1_email\nx,a@example.com\n".into(),
            "source_session_id",
        ),
        (
            "misspelt",
            good_with("signer_1_emial", &good),
            "signer_1_email",
        ),
        ("twice", good_with("title", &good), "two columns 'title'"),
        (
            "nul",
            format!("{HEADER}{}", good.replace("Lease", "Le\0ase")),
            "NUL",
        ),
        (
            "after a quote",
            format!("{HEADER}{}", good.replace("Lease", "\"Le\"ase")),
            "after a closing quote",
        ),
        (
            "unclosed",
            format!("{HEADER}{}", good.replace("Lease", "\"Lease")),
            "never closed",
        ),
        (
            "huge",
            format!("{HEADER}{}", good.replace("Lease", &"x".repeat(10_001))),
            "10000",
        ),
        (
            "break",
            format!(
                "{HEADER}{}",
                good.replace("a@example.com", "\"a@exam\nple.com\"")
            ),
            "e-mail",
        ),
        ("blank", format!("{HEADER},,,\n{good}"), "is empty"),
    ] {
        job.write("m.csv", text);
        let ran = job.other(&["check", "m.csv"]);
        assert_eq!(ran.code, 5, "{name}: {}", ran.stderr);
        assert!(ran.stderr.contains(words), "{name}: {}", ran.stderr);
    }
    job.write(
        "m.csv",
        [HEADER.as_bytes(), b"\xff\xfe bad utf-8,x,y,z\n"].concat(),
    );
    job.other(&["check", "m.csv"]).ends_with(5).says("UTF-8");
}

fn good_with(header: &str, row: &str) -> String {
    format!("{}{row}", HEADER.replace("signer_1_last_name", header))
}

#[test]
fn separators_marks_and_encodings_of_spreadsheets_are_read() {
    let job = Job::new();
    let text = format!("{HEADER}{SOURCE},\"Größe, \"\"x\"\"\",Li,a@example.com\r\n");
    let semicolon = format!(
        "{}{SOURCE};Miete;Li;a@example.com\n",
        HEADER.replace(',', ";")
    );
    let tabs = format!(
        "{}{SOURCE}\tMiete\tLi\ta@example.com\n",
        HEADER.replace(',', "\t")
    );
    let utf16: Vec<u8> = "\u{feff}"
        .encode_utf16()
        .chain(tabs.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    for (name, bytes) in [
        ("bom", [b"\xef\xbb\xbf", text.as_bytes()].concat()),
        ("semicolon", semicolon.into_bytes()),
        ("tab", tabs.into_bytes()),
        ("utf-16", utf16),
    ] {
        job.write("m.csv", bytes);
        let ran = job.other(&["check", "m.csv", "--show", "1"]);
        assert_eq!(ran.code, 0, "{name}: {}", ran.stderr);
        assert!(
            ran.stdout.contains(r#""EmailAddress":"a@example.com""#),
            "{name}: {}",
            ran.stdout
        );
    }
}

#[test]
fn a_file_that_was_cut_off_is_never_read_as_whole_without_a_word() {
    let job = Job::new();
    let whole =
        format!("{HEADER}{SOURCE},\"a, b\",Li,ana@example.com\n{SOURCE},c,Li,bo@example.com\n");
    for length in 0..whole.len() {
        job.write("m.csv", &whole[..length]);
        let ran = job.other(&["check", "m.csv"]);
        let is_line_end = whole[..length].ends_with('\n') && length > 0;
        let has_word = ran.code == 5 || ran.stderr.contains("no line break");
        assert!(has_word || is_line_end, "cut at {length}: {}", ran.stderr);
    }
    job.write("m.csv", &whole[..whole.len() - 1]);
    job.other(&["check", "m.csv"])
        .ends_with(0)
        .says("no line break");
    job.other(&["check", "m.csv", "--expect-rows", "3"])
        .ends_with(5)
        .says("--expect-rows");
    // The number of rows does not tell that the last one is whole.
    job.other(&["check", "m.csv", "--expect-rows", "2"])
        .ends_with(0)
        .says("no line break");
}

#[test]
fn an_empty_file_is_refused_and_an_empty_list_is_told() {
    let job = Job::new();
    for (name, format) in [("m.csv", "csv"), ("m.json", "json"), ("m.jsonl", "jsonl")] {
        for text in ["", "\n \n"] {
            job.write(name, text);
            job.run(name, &[]).ends_with(5).says("the file is empty");
            let mut piped = job.command(&["check", "-", "--format", format]);
            piped.stdin(std::fs::File::open(job.path(name)).unwrap());
            Ran::from(piped.output().unwrap())
                .ends_with(5)
                .says("the file is empty");
        }
    }
    job.write("m.csv", HEADER);
    job.write("m.json", "[]\n");
    for name in ["m.csv", "m.json"] {
        let ran = job.other(&["check", name]).ends_with(0);
        ran.says("lists no rows");
        let ran = job.other(&["check", name, "--expect-rows", "0"]);
        assert!(
            !ran.ends_with(0).stderr.contains("lists no rows"),
            "{name}: no rows were expected"
        );
    }
}

#[test]
fn text_that_ends_within_a_character_is_refused() {
    let job = Job::new();
    let text = format!("\u{feff}unit,{HEADER}A,{SOURCE},Lease,Li,a@example.com\n");
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for length in (3..bytes.len()).step_by(2) {
        job.write("m.csv", &bytes[..length]);
        let ran = job.other(&["check", "m.csv"]);
        assert_eq!(ran.code, 5, "cut at {length}: {}", ran.stderr);
    }
    // A header of nothing but other columns must not hide it.
    job.write("m.csv", &bytes[..9]);
    job.other(&[
        "check",
        "m.csv",
        "--set",
        &format!("source_session_id={SOURCE}"),
    ])
    .ends_with(5)
    .says("cut off");
}

#[test]
fn a_line_without_end_is_refused_at_its_place() {
    let job = Job::new();
    let good = format!("{SOURCE},Lease,Li,a@example.com\n");
    for endless in ["x".repeat(2 << 20), "x,".repeat(3 << 20)] {
        job.write("m.csv", format!("{HEADER}{good}{endless}"));
        job.other(&["check", "m.csv"])
            .ends_with(5)
            .says("m.csv:3: is far too long for a row");
        job.write("m.csv", endless);
        job.other(&["check", "m.csv"])
            .ends_with(5)
            .says("m.csv:1: is far too long for a row");
    }
}

#[test]
fn what_spreadsheets_leave_around_a_table_is_told_plainly() {
    let job = Job::new();
    let good = format!("{SOURCE},Lease,Li,a@example.com\n");
    for (text, words) in [
        (
            format!("{HEADER}{good},,,\n,,,\n{good}"),
            "m.csv:3: is empty; delete the line",
        ),
        (
            format!("sep=;\n{HEADER}{good}").replace(',', ";"),
            "m.csv:1: this line only tells spreadsheets the separator",
        ),
        (
            format!("{HEADER}{good}")
                .replace(".com\n", ".com,,x\n")
                .replace("email\n", "email,,\n"),
            "m.csv:1: column 6 has no name, but line 2 has a cell in it",
        ),
        (
            format!("{HEADER}{good}").replace(['e', 'a'], "\0"),
            "UTF-16 without its byte order mark",
        ),
    ] {
        job.write("m.csv", text);
        job.other(&["check", "m.csv"]).ends_with(5).says(words);
    }
}

#[test]
fn empty_rows_at_the_end_are_left_out_with_a_warning() {
    let job = Job::new();
    let row = format!("{SOURCE},Lease,Li,a@example.com\n");
    job.write("m.csv", format!("{HEADER}{row},,,\n , ,\t,\n,,,,,\n"));
    job.other(&["check", "m.csv"])
        .ends_with(0)
        .says("warning: m.csv:3: 3 empty rows at the end of the list are left out")
        .says("m.csv: 1 row: 1 can be sent");
    job.run("m.csv", &["--expect-rows", "1"]).ends_with(0);
    assert_eq!(job.report("m.results.csv").len(), 1);
    job.write("m.csv", format!("{HEADER},,,\n"));
    job.other(&["check", "m.csv"])
        .ends_with(0)
        .says("lists no rows");
    // Between rows, something else may be missing than the row.
    job.write("m.csv", format!("{HEADER}{row},,,\n  \n{row},,,\n"));
    job.other(&["check", "m.csv", "--duplicates", "skip"])
        .ends_with(5)
        .says("m.csv:3: is empty; delete the line")
        .says("m.csv:4: has 1 field, but the header has 4");
}

#[test]
fn a_constant_holds_what_a_cell_may_hold() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    for (value, words) in [
        ("Gr\u{fffd}n", "contains characters that were lost"),
        ("a\u{7}b", "control characters"),
        (&*"x".repeat(10_001), "has more than 10000 characters"),
    ] {
        for column in ["description", "unit"] {
            job.other(&["check", "m.csv", "--set", &format!("{column}={value}")])
                .ends_with(2)
                .says(words);
        }
    }
}

#[test]
fn invalid_rows_may_be_left_out() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com", "bad", "c@example.com"]);
    job.run("m.csv", &["--skip-invalid"]).ends_with(3);
    let lines = job.report("m.results.csv");
    assert_eq!(column(&lines, "status"), ["copied", "failed", "copied"]);
    assert_eq!(lines[1]["error_class"], "invalid");
    assert_eq!(lines[1]["attempts"], "0");
    job.write(
        "m.results.csv",
        job.read("m.results.csv").replace(",bad", ",b@example.com"),
    );
    job.retry("m.results.csv", &[]).ends_with(0);
    assert_eq!(job.received(), 3);
}

#[test]
fn limits_that_depend_on_today_bind_only_rows_about_to_be_sent() {
    let job = Job::new();
    let day = |ahead: i64| {
        jiff::Zoned::now()
            .date()
            .checked_add(jiff::Span::new().days(ahead))
            .unwrap()
    };
    let manifest = |ahead| {
        let header = HEADER.replace("title", "expires_on");
        format!("{header}{SOURCE},{},Li,a@example.com\n", day(ahead))
    };
    for ahead in [-1, 92] {
        job.write("m.csv", manifest(ahead));
        job.run("m.csv", &[])
            .ends_with(5)
            .says("m.csv:2: column expires_on");
    }
    job.write("late.csv", manifest(92));
    let skipping = ["check", "late.csv", "--skip-invalid"];
    job.other(&skipping)
        .ends_with(0)
        .says("1 row: 0 can be sent, 1 invalid");
    job.write("m.csv", manifest(30));
    job.run("m.csv", &[]).ends_with(0);
    let ledger = rusqlite::Connection::open(job.path("m.ledger")).unwrap();
    ledger
        .execute("UPDATE rows SET expires_on = '2020-01-01'", [])
        .unwrap();
    drop(ledger);
    job.run("m.csv", &[]).ends_with(0);
}

#[test]
fn constants_fill_empty_and_missing_cells() {
    let job = Job::new();
    job.write(
        "m.csv",
        "signer_1_email,title\na@example.com,\nb@example.com,Own\n",
    );
    let set = [
        "--set",
        &format!("source_session_id={SOURCE}"),
        "--set",
        "title=Set",
        "--set",
        "batch=7",
    ];
    job.run("m.csv", &set).ends_with(0);
    let lines = job.report("m.results.csv");
    assert_eq!(column(&lines, "title"), ["Set", "Own"]);
    assert_eq!(column(&lines, "batch"), ["7", "7"]);
    assert_eq!(column(&lines, "source_session_id"), [SOURCE, SOURCE]);
}
