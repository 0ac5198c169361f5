//! Lists whose signers were not understood go nowhere; lists that mean to keep their source's do.

use crate::kit::{Job, SOURCE, column};

pub const OTHER: &str = "3f0c6c1e-0000-4000-8000-000000000002";
pub const KEEP: &str = "--keep-source-signers";
pub const NAMES: [&str; 3] = ["ana", "bo", "cy"];

/// A list with a line for each of three people, as `line` makes it.
pub fn people(header: &str, line: impl Fn(&str) -> String) -> String {
    let lines: String = NAMES.iter().map(|name| line(name) + "\n").collect();
    format!("{header}\n{lines}")
}

#[test]
fn plain_headers_are_the_only_signer() {
    for (name, text) in [
        (
            "m.csv",
            people(
                "SigningSessionId,TransactionTitle,FirstName,LastName,EmailAddress,SignerRole,SignerId,Sequence",
                |name| {
                    format!(
                        "{SOURCE},Lease {name},{name},Li,{name}@example.com,Tenant 1,S-{name},1"
                    )
                },
            ),
        ),
        (
            "m.csv",
            people(
                "Source Session ID;title;First-Name;last name;E-Mail;ROLE",
                |name| format!("{SOURCE};Lease {name};{name};Li;{name}@example.com;Tenant 1"),
            ),
        ),
        (
            "m.jsonl",
            people("", |name| {
                format!(
                    r#"{{"source_session_id": "{SOURCE}", "title": "Lease {name}", "first_name": "{name}",
                    "LastName": "Li", "EmailAddress": "{name}@example.com", "role": "Tenant 1"}}"#
                )
                .replace('\n', " ")
            }),
        ),
    ] {
        let job = Job::new();
        job.write(name, text);
        let ran = job.run(name, &[]).ends_with(0);
        let ran = ran.says("3 sessions from 1 source to 3 people, invites off\n");
        assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
        let lines = job.report("m.results.csv");
        assert_eq!(
            column(&lines, "signer_1_email"),
            NAMES.map(|name| format!("{name}@example.com")),
        );
        assert_eq!(column(&lines, "signer_1_role"), ["Tenant 1"; 3]);
        let shown = job.other(&["check", name, "--show", "1"]).ends_with(0);
        let signer = r#""EmailAddress":"ana@example.com""#;
        assert!(shown.stdout.contains(signer), "{}", shown.stdout);
        // What a report has is canonical, and the list is still the same one.
        job.run(name, &[]).ends_with(0);
        assert_eq!(job.received(), 3);
    }
}

#[test]
fn the_service_s_names_work_within_signers() {
    let job = Job::new();
    job.write(
        "m.json",
        format!(
            r#"[{{"source_session_id": "{SOURCE}", "signers": [{{"EmailAddress": "ana@example.com",
            "LastName": "Li", "SignerRole": "Tenant 1", "SignerId": "S-1", "Sequence": 1,
            "MergeFieldMapping": {{"City": "Oslo"}}}}]}}]"#
        ),
    );
    job.run("m.json", &[]).ends_with(0);
    let lines = job.report("m.results.csv");
    for (name, text) in [
        ("signer_1_email", "ana@example.com"),
        ("signer_1_id", "S-1"),
        ("signer_1_merge_City", "Oslo"),
    ] {
        assert_eq!(column(&lines, name), [text]);
    }
    let twice = job
        .read("m.json")
        .replace("\"LastName\"", "\"email\": \"x@example.com\", \"LastName\"");
    job.write("m.json", twice);
    job.other(&["check", "m.json"])
        .ends_with(5)
        .says("'signers[0].EmailAddress' and 'signers[0].email' mean the same");
}

#[test]
fn beside_numbered_signers_plain_headers_are_the_list_s_own() {
    let header = "source_session_id,Email,Rolle,signer_1_last_name,signer_1_email";
    let text = people(header, |name| {
        format!("{SOURCE},office@example.com,a,Li,{name}@example.com")
    });
    let job = Job::new();
    job.write("m.csv", text);
    let ran = job.run("m.csv", &[]).ends_with(0);
    assert_eq!(
        ran.stderr
            .matches("kept for the report and not sent")
            .count(),
        1
    );
    let lines = job.report("m.results.csv");
    assert_eq!(column(&lines, "Email"), ["office@example.com"; 3]);
    assert_eq!(lines[0]["signer_1_email"], "ana@example.com");
    // In a report, too.
    let report = job.read("m.results.csv").replace("office@", "desk@");
    job.write("m.results.csv", report);
    job.other(&["check", "m.results.csv"])
        .ends_with(0)
        .says("retry would send 0 rows, 0 of them corrected");
    let record = |more: &str| format!(r#"{{"source_session_id": "{SOURCE}", {more}}}"#);
    let plain = record(r#""email": "office@example.com", "title": "a""#);
    let signers = record(r#""signers": [{"email": "ana@example.com", "last_name": "Li"}]"#);
    job.write("m.jsonl", format!("{plain}\n{signers}\n"));
    job.other(&["check", "m.jsonl"])
        .ends_with(5)
        .says("the column email is only kept for the report and not sent")
        .says("m.jsonl: record 1: this row names no signer");
    // No record numbers its signers: the same member is a signer's.
    job.write(
        "m.jsonl",
        format!("{plain}\n{}\n", record(r#""signers": []"#)),
    );
    job.other(&["check", "m.jsonl"])
        .ends_with(5)
        .says("m.jsonl: record 2: this row names no signer");
}

#[test]
fn a_misspelt_plain_header_is_refused_where_it_would_count() {
    let job = Job::new();
    for (header, meant) in [
        ("Emial", "email"),
        ("EmailAdresse", "EmailAddress"),
        ("LastNam", "LastName"),
        ("Sequenze", "Sequence"),
        ("Rolle", "role"),
    ] {
        let text = |signer: &str| {
            format!("source_session_id,{header},{signer}\n{SOURCE},x,ana@example.com\n")
        };
        job.write("m.csv", text("FirstName"));
        job.other(&["check", "m.csv"])
            .ends_with(5)
            .says(&format!("'{header}' looks like a misspelling of {meant};"));
        job.write("m.csv", text("signer_1_email"));
        job.other(&["check", "m.csv"]).ends_with(0);
        job.write("m.csv", text("email"));
        let allowed = ["check", "m.csv", "--other-column", header];
        job.other(&allowed).ends_with(0);
    }
    job.write(
        "m.csv",
        format!("source_session_id,email,EmailAddress\n{SOURCE},a@b.de,c@d.de\n"),
    );
    job.other(&["check", "m.csv"])
        .ends_with(5)
        .says("the headers 'email' and 'EmailAddress' mean the same column");
    job.write(
        "m.json",
        format!(r#"[{{"source_session_id": "{SOURCE}", "emial": "a@b.de"}}]"#),
    );
    job.other(&["check", "m.json"])
        .ends_with(5)
        .says("'emial' looks like a misspelling of email");
}

#[test]
fn a_constant_may_be_the_signer_s_too() {
    let job = Job::new();
    job.write(
        "m.csv",
        format!("source_session_id,email\n{SOURCE},a@example.com\n"),
    );
    let set = ["--set", "role=Tenant 1", "--set", "LastName=Li"];
    job.run("m.csv", &set).ends_with(0);
    let lines = job.report("m.results.csv");
    assert_eq!(column(&lines, "signer_1_role"), ["Tenant 1"]);
    assert_eq!(column(&lines, "signer_1_last_name"), ["Li"]);
    job.write("n.csv", "email\na@example.com\nb@example.com\n");
    let source = format!("source_session_id={SOURCE}");
    let wrong = [
        "check",
        "n.csv",
        "--set",
        &source,
        "--set",
        "Sequence=first",
    ];
    let ran = job.other(&wrong).ends_with(5);
    assert_eq!(
        ran.stderr
            .matches("is not a place in the signing order")
            .count(),
        1
    );
    ran.says("--set Sequence=first").says("error: 1 problem");
    job.other(&["check", "n.csv", "--set", &source, "--set", "lastnam=Li"])
        .ends_with(5)
        .says("--set lastnam=Li: 'lastnam' looks like a misspelling of LastName");
}

/// The list of the report: German headers, and the source said once for all.
#[test]
fn headers_that_were_not_understood_are_told_once_with_the_one_that_is_needed() {
    let job = Job::new();
    let german = people("Vorname;Nachname;Postfach", |name| {
        format!("{name};Li;{name}@example.com")
    });
    job.write("m.csv", &german);
    let source = format!("source_session_id={SOURCE}");
    for more in [&[][..], &["--duplicates", "skip"], &["--skip-invalid"]] {
        let flags: Vec<&str> = ["--set", &source]
            .into_iter()
            .chain(more.iter().copied())
            .collect();
        let ran = job.run("m.csv", &flags).ends_with(5);
        let ran = ran
            .says("the column 'Postfach' holds e-mail addresses, but no column names a signer: 3 copies")
            .says("signer_1_email");
        let ran = ran.says("error: 1 problem; nothing was sent");
        for advice in ["--duplicates", "row_id"] {
            assert!(!ran.stderr.contains(advice), "{}", ran.stderr);
        }
    }
    // Keys of their own change nothing.
    let keyed: String = german
        .lines()
        .enumerate()
        .map(|(at, line)| match at {
            0 => format!("row_id;source_session_id;{line}\n"),
            at => format!("{at};{SOURCE};{line}\n"),
        })
        .collect();
    job.write("m.csv", keyed);
    job.run("m.csv", &[]).ends_with(5).says("'Postfach'");
    // Nor do names without addresses.
    job.write("m.csv", "Vorname;Nachname\nAna;Li\nBo;Li\n");
    for more in [&[][..], &["--duplicates", "skip"]] {
        let flags: Vec<&str> = ["--set", &source]
            .into_iter()
            .chain(more.iter().copied())
            .collect();
        let ran = job.run("m.csv", &flags).ends_with(5);
        let ran = ran.says("m.csv:3: this row names no signer, nor does line 2");
        assert!(!ran.stderr.contains("--duplicates"), "{}", ran.stderr);
    }
    assert_eq!(job.received(), 0);
    assert!(!job.path("m.ledger").exists());
    // The header that was named is all it takes.
    job.write("m.csv", german.replace("Postfach", "signer_1_email"));
    job.run("m.csv", &["--set", &source]).ends_with(0);
    assert_eq!(job.received(), 3);
}

#[test]
fn a_plain_header_may_be_a_column_of_the_list_s_own() {
    let job = Job::new();
    let text = format!("source_session_id,EmailAddress\n{SOURCE},agent@example.com\n");
    job.write("m.csv", text);
    let own = ["--other-column", "EmailAddress"];
    job.run("m.csv", &own)
        .ends_with(5)
        .says("the column 'EmailAddress' holds e-mail addresses");
    job.run("m.csv", &[own[0], own[1], KEEP]).ends_with(0);
    let lines = job.report("m.results.csv");
    assert_eq!(column(&lines, "EmailAddress"), ["agent@example.com"]);
    // The ledger reads it so from now on.
    job.run("m.csv", &[KEEP]).ends_with(0);
    assert_eq!(job.received(), 1);
}

/// A report whose ledger is lost is judged by the same rules.
#[test]
fn a_report_without_its_ledger_is_no_way_around_the_signers() {
    let job = Job::new();
    job.write(
        "m.csv",
        format!("row_id,source_session_id\n1,{SOURCE}\n2,{SOURCE}\n"),
    );
    job.run("m.csv", &[KEEP, "--limit", "1"]).ends_with(0);
    for name in ["m.ledger", "m.ledger.lock"] {
        std::fs::remove_file(job.path(name)).unwrap();
    }
    let lone = ["--without-ledger", "--trust-report"];
    job.retry("m.results.csv", &lone)
        .ends_with(5)
        .says("m.results.csv:3: this row names no signer, nor does line 2");
    assert_eq!(job.received(), 1);
    job.retry("m.results.csv", &[lone[0], lone[1], KEEP])
        .ends_with(0);
    assert_eq!(job.received(), 2);
}

#[test]
fn a_key_that_is_an_address_is_no_signer() {
    let job = Job::new();
    job.write(
        "m.csv",
        format!("row_id,source_session_id\nana@example.com,{SOURCE}\n"),
    );
    job.run("m.csv", &[])
        .ends_with(5)
        .says("the column 'row_id' holds e-mail addresses");
    job.write(
        "m.csv",
        format!("source_session_id,copy_to\n{SOURCE},cc@example.com\n"),
    );
    job.run("m.csv", &[]).ends_with(0);
}
