//! What is wrong with a list, a file, a flag or a folder: all at once, each once, with what to do.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;

use crate::kit::{HEADER, Job, Ran, SOURCE};

fn lines(job: &Job, arguments: &[&str], code: i32) -> Vec<String> {
    let ran = job.other(arguments).ends_with(code);
    ran.stderr.lines().map(str::to_owned).collect()
}

#[test]
fn the_same_problem_in_many_rows_is_one_line_and_hides_no_other() {
    let job = Job::new();
    let header = HEADER.replace("title", "send_signer_invites");
    let mut rows: Vec<String> = (0..60)
        .map(|n| format!("{SOURCE},WAHR,Li,a{n}@example.com\n"))
        .collect();
    rows[39] = format!("{SOURCE},falsch,Li,ana@\n");
    job.write("m.csv", format!("{header}{}", rows.concat()));
    assert_eq!(
        lines(&job, &["check", "m.csv"], 5),
        [
            "m.csv:2: column send_signer_invites: 'WAHR' is not true or false; write true \
             (59 rows: lines 2, 3, 4, 5 and 55 more)",
            "m.csv:41: column send_signer_invites: 'falsch' is not true or false; write false",
            "m.csv:41: column signer_1_email: 'ana@' is not an e-mail address",
            "error: 61 problems; nothing was sent",
        ]
    );
    // Many different values of one kind, before another kind of problem.
    let bad = (0..400).map(|n| format!("{SOURCE},true,Li,a{n}@\n"));
    let text = format!("{header}{}x,y\n", bad.collect::<String>());
    job.write("m.csv", text);
    let lines = lines(&job, &["check", "m.csv"], 5);
    assert_eq!(lines.len(), 12, "{lines:#?}");
    assert!(lines[9].ends_with("is not an e-mail address (and 390 more like it)"));
    assert_eq!(lines[10], "m.csv:402: has 2 fields, but the header has 4");
    assert_eq!(job.received(), 0);
}

#[test]
fn header_and_cells_are_reported_together() {
    let job = Job::new();
    let row = |email: &str| format!("{SOURCE},Lease,Li,{email}\n");
    let bad = row("ana@");
    for (header, words) in [
        (
            HEADER.replace("source_session_id", "unit"),
            "there is no column source_session_id",
        ),
        (
            HEADER.replace("signer_1_last_name", "Title"),
            "'title' and 'Title' mean the same column",
        ),
        (
            HEADER
                .replace("title", "title,title")
                .replace("signer_1_last_name,", ""),
            "two columns 'title'",
        ),
        (
            HEADER.replace("title", "titel"),
            "'titel' looks like a misspelling of title",
        ),
    ] {
        job.write(
            "m.csv",
            format!("{header}{}{bad}x,y\n", row("a@example.com")),
        );
        let lines = lines(&job, &["check", "m.csv"], 5);
        assert!(
            lines[0].starts_with("m.csv:1: ") && lines[0].contains(words),
            "{lines:#?}"
        );
        assert_eq!(
            lines[1..],
            [
                "m.csv:3: column signer_1_email: 'ana@' is not an e-mail address",
                "m.csv:4: has 2 fields, but the header has 4",
                "error: 3 problems; nothing was sent",
            ],
            "{header}"
        );
    }
}

#[test]
fn text_in_another_encoding_hides_neither_header_nor_cells() {
    let job = Job::new();
    let header = HEADER
        .replace("title", "titel")
        .replace('\n', ",Stra\u{df}e\n");
    let rows = [
        format!("{SOURCE},Lease,M\u{fc}ller,ana@,Hof\n"),
        format!("{SOURCE},Lease,Li,bo@example.com,Gra\u{df}gasse\n"),
        format!("{SOURCE},Lease,Li,cy@example,Hof\n"),
    ];
    let text = format!("{header}{}", rows.concat());
    let latin: Vec<u8> = text
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    job.write("m.csv", latin);
    let shown = lines(&job, &["check", "m.csv"], 5).join("\n");
    for words in [
        "m.csv:1: header 5: this file is not UTF-8 text. Add --encoding with the name",
        "m.csv:1: 'titel' looks like a misspelling",
        "m.csv:2: column signer_1_email: 'ana@' is not an e-mail address",
        "m.csv:4: column signer_1_email: 'cy@example' is not an e-mail address",
        "error: 4 problems",
    ] {
        assert!(shown.contains(words), "'{words}' is not in\n{shown}");
    }
}

#[test]
fn a_wrong_constant_is_said_once_as_the_flag_s() {
    let job = Job::new();
    let emails: Vec<String> = (0..60).map(|n| format!("a{n}@example.com")).collect();
    job.mailing(
        "m.csv",
        &emails.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    for (set, code, words) in [
        (
            "send_signer_invites=WAHR",
            2,
            "'WAHR' is not true or false; write true",
        ),
        ("signer_2_email=bo@", 2, "'bo@' is not an e-mail address"),
        (
            "signer_2_first_name=Bo",
            5,
            "--set gives signer 2 neither an e-mail address nor an id",
        ),
        (
            "expires_on=2020-01-01",
            5,
            "--set expires_on: '2020-01-01' is not 1 to 90 days",
        ),
        ("description={{title}}", 5, "--set description: '{{title}}'"),
    ] {
        let lines = lines(&job, &["check", "m.csv", "--set", set], code);
        let shown = lines.join("\n");
        assert_eq!(shown.matches("--set").count(), 1, "{shown}");
        assert!(shown.contains(words) && lines.len() <= 2, "{shown}");
    }
    // A row's own signer is the row's matter, whatever a constant adds to it.
    job.write(
        "n.csv",
        format!("source_session_id,signer_1_email\n{SOURCE},\n"),
    );
    job.other(&["check", "n.csv", "--set", "signer_1_last_name=Tenant"])
        .ends_with(5)
        .says("n.csv:2: column signer_1_email: is empty");
}

#[test]
fn a_file_of_another_kind_is_named_with_what_to_use_instead() {
    let job = Job::new();
    job.mailing("m.csv", &["a+refuse@example.com"]);
    job.run("m.csv", &[]).ends_with(3);
    for output in ["m.results.json", "page.html"] {
        job.other(&["report", "m.csv", "--output", output])
            .ends_with(0);
    }
    job.write("renamed.csv", b"PK\x03\x04\x14\0\x06\0");
    let csv = "`esign-copy report m.ledger --output m.results.csv` writes it again";
    for (file, is) in [
        ("m.results.json", "this is a JSON report, not a CSV report"),
        ("m.ledger", "this is a ledger, not a CSV report"),
    ] {
        for more in [
            &[][..],
            &["--ledger", "m.ledger"],
            &["--without-ledger", "--trust-report"],
        ] {
            job.retry(file, more).ends_with(5).says(is).says(csv);
        }
    }
    job.retry("page.html", &[])
        .ends_with(5)
        .says("page.html: this is the HTML page of a report, not a CSV report");
    for (file, words) in [
        (
            "m.results.json",
            "a JSON report, not a list. Give `check` the list",
        ),
        ("page.html", "the HTML page of a report, not a list"),
        ("m.ledger", "`esign-copy status m.ledger` shows the job"),
        ("renamed.csv", "this workbook is damaged or cut off"),
    ] {
        job.other(&["check", file]).ends_with(5).says(words);
        job.run(file, &["--ledger", "x.ledger", "--report", "x.csv"])
            .ends_with(5)
            .says(&words.replace("`check`", "`run`"));
    }
    assert_eq!(job.received(), 1);
}

#[test]
fn dry_run_is_pointed_to_check() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    job.run("m.csv", &["--dry-run"])
        .ends_with(2)
        .says("`esign-copy check FILE` reads the whole list and sends nothing");
}

/// A run by somebody who may read a folder and not write there. Root may write anywhere.
fn run_without_permission(job: &Job, more: &[&str]) -> Ran {
    let set = |mode| {
        std::fs::set_permissions(job.folder(), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set(0o555);
    let mut command = job.sending("run", "m.csv", more);
    if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
        command.uid(65_534).gid(65_534);
    }
    let ran = command.output().unwrap().into();
    set(0o755);
    ran
}

#[test]
fn a_folder_that_cannot_be_written_names_the_flags_before_anything_is_sent() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    let away = tempfile::tempdir().unwrap();
    std::fs::set_permissions(away.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let [ledger, report] = ["m.ledger", "r.csv"].map(|name| away.path().join(name));
    let [ledger, report] = [ledger, report].map(|path| path.display().to_string());
    run_without_permission(&job, &[])
        .ends_with(1)
        .says("m.ledger: its folder can't be written (permission denied)")
        .says("nothing was sent. Make it writable for you; a new job may also have its files in another folder: --ledger FILE and --report FILE");
    run_without_permission(&job, &["--ledger", &ledger])
        .ends_with(1)
        .says("m.results.csv: its folder can't be written")
        .says("in another folder: --report FILE");
    run_without_permission(&job, &["--report", &report])
        .ends_with(1)
        .says("in another folder: --ledger FILE");
    assert!(!Path::new(&ledger).exists());
    assert_eq!(job.received(), 0);
    run_without_permission(&job, &["--ledger", &ledger, "--report", &report]).ends_with(0);
    assert_eq!(job.received(), 1);
}
