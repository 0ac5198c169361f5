//! Texts that nobody would write are not sent; those that somebody may have meant are told.

use crate::kit::{HEADER, Job, SOURCE, column};

fn one(title: &str, name: &str) -> String {
    format!("{HEADER}{SOURCE},{title},{name},ana@example.com\n")
}

#[test]
fn mangled_empty_and_unfilled_texts_are_refused_with_their_place() {
    let job = Job::new();
    for (title, name, words) in [
        (
            "Lease",
            "JosÃ©",
            "m.csv:2: column signer_1_last_name: 'JosÃ©' was mangled",
        ),
        ("Lease", "JÃ¼rgen", "Did you mean 'Jürgen'?"),
        ("Lease\u{a0}– fÃ¼r", "Li", "m.csv:2: column title: "),
        (
            "\u{200b}\u{feff}",
            "Li",
            "contains only invisible characters",
        ),
        ("Lease {{title}}", "Li", "contains {{title}}, a placeholder"),
        (
            "Lease",
            "«signer_1_last_name»",
            "contains «signer_1_last_name», a placeholder",
        ),
        (
            "Lease ${unit_no}",
            "Li",
            "contains ${unit_no}, a placeholder",
        ),
        ("[[Email]] lease", "Li", "contains [[Email]], a placeholder"),
        (
            "<<first name>>",
            "Li",
            "contains <<first name>>, a placeholder",
        ),
    ] {
        job.write("m.csv", one(title, name));
        job.run("m.csv", &[])
            .ends_with(5)
            .says(words)
            .says("error: 1 problem");
    }
    let record = format!(
        r#"{{"source_session_id": "{SOURCE}", "unit": 5, "title": "Lease {{{{unit}}}}",
        "signers": [{{"email": "ana@example.com", "last_name": "JosÃ©"}}]}}"#
    );
    job.write("m.jsonl", record.replace('\n', " ") + "\n");
    job.run("m.jsonl", &[])
        .ends_with(5)
        .says("m.jsonl: record 1: title: 'Lease {{unit}}' contains {{unit}}")
        .says("m.jsonl: record 1: signers[0].last_name: 'JosÃ©' was mangled");
    assert_eq!(job.received(), 0);
}

#[test]
fn honest_texts_pass_without_a_word() {
    let job = Job::new();
    for (title, name) in [
        ("Bail «Les Lilas»", "Null"),
        ("SÃO PAULO", "Nan"),
        ("Ã", "Ærøskøbing"),
        ("“BOA MANHÃ”", "José"),
        ("Smith & Co; {x} <b> [1]", "O’Connor"),
        ("東京 – Größe…", "Łódź"),
    ] {
        job.write("m.csv", one(title, name));
        let ran = job.other(&["check", "m.csv"]).ends_with(0);
        assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
    }
}

#[test]
fn rows_with_such_texts_may_be_left_out_and_corrected() {
    let job = Job::new();
    let rows =
        ["a@example.com", "b@example.com"].map(|email| format!("{SOURCE},Lease,Li,{email}\n"));
    job.write(
        "m.csv",
        format!("{HEADER}{}", rows.concat().replacen("Li", "JosÃ©", 1)),
    );
    job.run("m.csv", &["--skip-invalid"])
        .ends_with(3)
        .says("1 session from 1 source to 1 person");
    let lines = job.report("m.results.csv");
    assert_eq!(column(&lines, "status"), ["failed", "copied"]);
    assert_eq!(lines[0]["error_class"], "invalid");
    assert!(lines[0]["error"].contains("was mangled"), "{lines:?}");
    job.other(&["check", "m.csv", "--skip-invalid"])
        .ends_with(0)
        .says("m.csv:2: column signer_1_last_name: 'JosÃ©' was mangled")
        .says("2 rows: 1 can be sent, 1 invalid");
    job.retry("m.results.csv", &[])
        .ends_with(5)
        .says("m.results.csv:2: column signer_1_last_name: 'JosÃ©' was mangled");
    let report = job.read("m.results.csv").replacen("JosÃ©,", "José,", 1);
    job.write("m.results.csv", report);
    job.retry("m.results.csv", &[]).ends_with(0);
    assert_eq!(job.received(), 2);
}

#[test]
fn a_bad_constant_is_reported_once() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com", "b@example.com"]);
    for (constant, code, words) in [
        (
            "description=JosÃ©",
            5,
            "--set description: 'JosÃ©' was mangled",
        ),
        (
            "description=Dear {{signer_1_last_name}}",
            5,
            "--set description: ",
        ),
        ("expires_on=2020-01-01", 5, "--set expires_on: "),
        ("expires_on=soon", 2, "--set expires_on=soon: "),
        ("signer_1_role=a\tb", 2, "--set signer_1_role="),
    ] {
        let ran = job.run("m.csv", &["--set", constant]).ends_with(code);
        assert_eq!(ran.stderr.matches("--set ").count(), 1, "{}", ran.stderr);
        ran.says(words);
    }
    assert_eq!(job.received(), 0);
    // Nobody uses it: every row has its own.
    job.run("m.csv", &["--set", "title=JosÃ©"]).ends_with(0);
}

#[test]
fn slips_that_may_be_meant_are_counted_with_their_first_places() {
    let job = Job::new();
    let header =
        "source_session_id,title,signer_1_last_name,signer_1_email,signer_2_id,signer_2_email";
    let rows = [
        "nan,,a@example.com,,",
        "None,,b@example.com,,",
        "NULL,,c@example.com,,",
        "undefined,,d@example.com,,",
        "Smith &amp; Co,Li,e@example.com,S-2,E@example.com",
        "Lease,Li,owner@example.com,,",
        "Lease,Li,f@ex\u{430}mple.com,,",
    ];
    let rows: String = rows.iter().map(|row| format!("{SOURCE},{row}\n")).collect();
    job.write("m.csv", format!("{header}\n{rows}"));
    let owner = ["--username", "Owner@example.com"];
    let check = ["check", "m.csv", owner[0], owner[1]];
    for ran in [
        job.other(&check).ends_with(0),
        job.run("m.csv", &owner).ends_with(0),
    ] {
        for words in [
            "warning: 4 rows have a signer's e-mail address without a last name or id",
            "first at m.csv:2, m.csv:3, m.csv:4)",
            "warning: 1 row has the same e-mail address for two signers",
            "warning: 1 row has the sessions' owner (--username) as a signer",
            "warning: 1 row has an e-mail address whose domain mixes alphabets",
            "warning: 4 cells have what programs write for a missing value",
            "warning: 1 cell has an HTML entity",
        ] {
            assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
        }
    }
    // They were sent, and are nobody's business any more.
    let ran = job.run("m.csv", &owner).ends_with(0);
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
}

/// What an older ledger holds is read as it was written, and judged before it is sent.
#[test]
fn a_pending_row_that_newer_rules_refuse_is_no_damaged_ledger() {
    for (flags, code, words) in [
        (
            &["--limit", "1"][..],
            5,
            "m.csv:3: column reminder_frequency_days: '99' is not",
        ),
        (&["--limit", "1", "--skip-invalid"], 3, "1 copied, 1 failed"),
    ] {
        let job = Job::new();
        job.mailing("m.csv", &["a@example.com", "b@example.com"]);
        job.run("m.csv", flags).ends_with(0);
        let ledger = rusqlite::Connection::open(job.path("m.ledger")).unwrap();
        // As a version wrote it that took such a cell.
        let sql = "UPDATE rows SET fields = json_set(fields, '$.reminder_frequency_days', '99')
                   WHERE status = 'pending'";
        ledger.execute(sql, []).unwrap();
        drop(ledger);
        job.run("m.csv", &flags[2..]).ends_with(code).says(words);
        assert_eq!(job.received(), 1);
    }
}
