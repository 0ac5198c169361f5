//! Who gets a copy, and how many: `--exclude` and `--max-per-address`.

use crate::kit::{HEADER, Job, Ran, SOURCE, column};

const OWNER: &str = "owner@example.com";
const EXCLUDE: [&str; 2] = ["--exclude", "no.txt"];
const THREE: [&str; 3] = ["ana@example.com", "bo@example.com", "cy@example.com"];

fn statuses(job: &Job) -> Vec<String> {
    let lines = job.report("m.results.csv");
    let both = column(&lines, "status").into_iter();
    both.zip(column(&lines, "error_class"))
        .map(|(status, class)| format!("{status} {class}").trim().to_owned())
        .collect()
}

#[test]
fn who_is_on_the_list_gets_no_copy_until_a_list_leaves_them_out() {
    let job = Job::new();
    job.mailing("m.csv", &THREE);
    job.write("no.txt", "BO@Example.com\n\nnobody@example.com\n");
    job.run("m.csv", &EXCLUDE)
        .ends_with(0)
        .says(
            "1 row is excluded (first: m.csv:3: column signer_1_email: bo@example.com is on the \
               --exclude list no.txt)",
        )
        .says(
            "3 rows: 2 copied, 1 failed, 0 uncertain, 0 pending (1 of the failed rows is excluded)",
        );
    assert_eq!(statuses(&job), ["copied", "failed excluded", "copied"]);
    let lines = job.report("m.results.csv");
    assert_eq!(
        lines[1]["error"],
        "column signer_1_email: bo@example.com is on the --exclude list no.txt"
    );
    // Neither the same command, nor one without the flag, nor a retry sends the row.
    job.run("m.csv", &EXCLUDE).ends_with(0);
    let ran = job.run("m.csv", &[]).ends_with(0);
    assert!(!ran.stderr.contains("retry"), "{}", ran.stderr);
    job.retry("m.results.csv", &[]).ends_with(0);
    job.retry("m.results.csv", &EXCLUDE).ends_with(0);
    assert_eq!(job.received(), 2);
    let ledger = job.other(&["status", "m.csv"]).ends_with(0);
    ledger
        .says("1 of the failed rows is excluded")
        .says("nothing is left to do");
    // A new row, and one that is corrected to somebody on the list.
    job.mailing(
        "m.csv",
        &[
            "ana@example.com",
            "bo@example.com",
            "cy@example.com",
            "Bo@example.com",
        ],
    );
    job.run("m.csv", &["--duplicates", "skip"]).ends_with(0);
    assert_eq!(job.received(), 2);
    job.write("no.txt", "nobody@example.com\n");
    job.run("m.csv", &[EXCLUDE[0], EXCLUDE[1], "--duplicates", "skip"])
        .ends_with(0)
        .says("1 row that an earlier --exclude list left out can be sent now")
        .says("no row has an address of the --exclude list no.txt");
    assert_eq!(job.received(), 3);
    job.assert_promise("m.results.csv");
}

#[test]
fn retry_sends_an_excluded_row_once_its_list_leaves_it_out() {
    let job = Job::new();
    job.mailing("m.csv", &THREE);
    job.write("no.txt", "bo@example.com\ncy@example.com\n");
    job.run("m.csv", &EXCLUDE).ends_with(0);
    job.write("no.txt", "cy@example.com\n");
    job.retry("m.results.csv", &EXCLUDE).ends_with(0);
    assert_eq!(statuses(&job), ["copied", "copied", "failed excluded"]);
    // The latest list is the one that counts, whoever brought it.
    job.write("no.txt", "bo@example.com\ncy@example.com\n");
    job.run("m.csv", &EXCLUDE).ends_with(0);
    assert_eq!(statuses(&job), ["copied", "copied", "failed excluded"]);
    assert_eq!(job.received(), 2);
}

#[test]
fn no_way_around_the_list_sends_a_row() {
    let job = Job::new();
    job.mailing("m.csv", &THREE);
    job.write("no.txt", "bo@example.com\n");
    job.run("m.csv", &EXCLUDE).ends_with(0);
    // Another list of the same ledger.
    job.write(
        "n.csv",
        format!("{HEADER}{SOURCE},Other,Li,BO@example.com\n"),
    );
    job.run("n.csv", &["--ledger", "m.ledger"]).ends_with(0);
    assert_eq!(job.received(), 2);
    // Somebody who only gets a carbon copy.
    let header = "source_session_id,copy_to,signer_1_last_name,signer_1_email\n";
    let copy_to = "\"di@example.com, bo@example.com\"";
    job.write(
        "o.csv",
        format!("{header}{SOURCE},{copy_to},Li,ed@example.com\n"),
    );
    job.run("o.csv", &EXCLUDE)
        .ends_with(0)
        .says("column copy_to: bo@example.com is on");
    assert_eq!(job.received(), 2);
    // A new ledger, and the pilot, which counts only rows that go.
    job.run(
        "m.csv",
        &[EXCLUDE[0], EXCLUDE[1], "--new-ledger", "--limit", "2"],
    )
    .ends_with(0);
    assert_eq!(statuses(&job), ["copied", "failed excluded", "copied"]);
    assert_eq!(job.received(), 4);
    // A lost ledger: the report says who was excluded.
    std::fs::remove_file(job.path("m.ledger")).unwrap();
    std::fs::remove_file(job.path("m.ledger.lock")).unwrap();
    let lost = ["--without-ledger", "--username", OWNER];
    job.retry("m.results.csv", &lost).ends_with(0);
    assert_eq!(statuses(&job), ["copied", "failed excluded", "copied"]);
    job.run("m.csv", &["--username", OWNER]).ends_with(0);
    assert_eq!(job.received(), 4);
    // Nor is a report trusted to send it.
    crate::recovery::lose(&job);
    let trusting = ["--without-ledger", "--trust-report"];
    job.retry("m.results.csv", &trusting).ends_with(0);
    assert_eq!(statuses(&job), ["copied", "failed excluded", "copied"]);
    assert_eq!(job.received(), 4);
    job.run("m.csv", &["--max-per-address", "0"]).ends_with(2);
}

#[test]
fn an_uncertain_row_is_looked_up_and_not_sent_to_somebody_on_the_list() {
    let job = Job::new();
    // The first answer is lost before a copy is made, the second after.
    let emails = [
        "ana+drop-before-commit@example.com",
        "bo+drop-after-commit@example.com",
    ];
    // A copy that is known proves the look-ups.
    job.mailing("m.csv", &[emails[0], emails[1], "cy@example.com"]);
    job.run("m.csv", &[]).ends_with(4);
    let received = job.received();
    job.write("no.txt", emails.join("\n"));
    let owned = ["--username", OWNER, "--settle-window", "1s"];
    job.run("m.csv", &[&EXCLUDE[..], &owned].concat())
        .ends_with(0);
    assert_eq!(statuses(&job), ["failed excluded", "copied", "copied"]);
    assert_eq!(job.received(), received, "nothing is sent again");
    job.assert_promise("m.results.csv");
}

#[test]
fn a_lost_ledger_s_rows_are_looked_up_and_those_on_a_list_not_sent() {
    let job = Job::new();
    let refused = "bo+refuse@example.com";
    job.mailing("m.csv", &["ana@example.com", refused]);
    job.run("m.csv", &[]).ends_with(3);
    crate::recovery::lose(&job);
    job.write("no.txt", refused);
    crate::recovery::looking_up(&job, "m.results.csv", &EXCLUDE).ends_with(0);
    assert_eq!(statuses(&job), ["copied", "failed excluded"]);
    assert_eq!(job.received(), 2);
}

#[test]
fn at_most_so_many_copies_go_to_one_address() {
    let job = Job::new();
    let ana = ["ana@example.com"; 3];
    let row = |(number, email): (usize, &str)| format!("{SOURCE},Lease {number},Li,{email}\n");
    let emails = ana.into_iter().chain(["ANA@Example.com", "bo@example.com"]);
    let rows: String = emails.enumerate().map(row).collect();
    job.write("m.csv", format!("{HEADER}{rows}"));
    let most = ["--max-per-address", "2"];
    job.run("m.csv", &most)
        .ends_with(3)
        .says("2 rows are not sent, because of --max-per-address (first: m.csv:4:")
        .says("5 rows: 3 copied, 2 failed");
    let invalid = "failed invalid";
    assert_eq!(
        statuses(&job),
        ["copied", "copied", invalid, invalid, "copied"]
    );
    let error = &job.report("m.results.csv")[2]["error"];
    assert_eq!(
        error,
        "ana@example.com already gets 2 copies (rows 1, 2), and --max-per-address is 2"
    );
    for flags in [
        &[][..],
        &most,
        &[],
        &["--max-per-address", "1"],
        &["--skip-invalid"],
    ] {
        job.run("m.csv", flags).ends_with(3);
        assert_eq!(job.received(), 3, "{flags:?}");
    }
    job.run("m.csv", &["--max-per-address", "3"]).ends_with(3);
    assert_eq!(
        statuses(&job),
        ["copied", "copied", "copied", invalid, "copied"]
    );
    job.retry("m.results.csv", &["--max-per-address", "3"])
        .ends_with(3);
    assert_eq!(job.received(), 4);
    // Without the flag, the limit that was said last holds.
    job.retry("m.results.csv", &[]).ends_with(3);
    assert_eq!(job.received(), 4);
    let most = ["--max-per-address", "4"];
    job.retry("m.results.csv", &most).ends_with(0);
    assert_eq!(job.received(), 5);
    job.assert_promise("m.results.csv");
}

#[test]
fn the_limit_counts_what_other_lists_have_sent_and_no_constants() {
    let job = Job::new();
    job.mailing("m.csv", &THREE);
    job.run("m.csv", &[]).ends_with(0);
    job.write(
        "n.csv",
        format!("{HEADER}{SOURCE},Other,Li,bo@example.com\n"),
    );
    let flags = ["--ledger", "m.ledger", "--max-per-address", "1"];
    job.run("n.csv", &flags)
        .ends_with(3)
        .says("bo@example.com already gets 1 copy (row 2 of m.csv), and --max-per-address is 1");
    assert_eq!(job.received(), 3);
    job.mailing("o.csv", &["di@example.com", "ed@example.com"]);
    let flags = [
        "--max-per-address",
        "1",
        "--set",
        "signer_2_email=boss@example.com",
        "--set",
        "signer_2_last_name=Boss",
    ];
    job.run("o.csv", &flags).ends_with(0);
    assert_eq!(job.received(), 5);
}

#[test]
fn next_commands_carry_who_is_left_out() {
    let job = Job::new();
    job.mailing("m.csv", &THREE);
    job.write("no.txt", "bo@example.com\n");
    let flags = [EXCLUDE[0], EXCLUDE[1], "--max-per-address", "1"];
    let said = "--exclude no.txt --max-per-address 1";
    let rehearsal = ["run", "m.csv", "--endpoint", "sandbox", "--rate", "max"];
    let rehearsal = [&rehearsal[..], &flags[..]].concat();
    job.other(&rehearsal)
        .ends_with(0)
        .says("the next command sends the first 3 rows to stage")
        .says(&format!("next: {}", env!("CARGO_BIN_EXE_esign-copy")))
        .says(said);
    let limited = [&flags[..], &["--limit", "1"]].concat();
    job.run("m.csv", &limited).ends_with(0).says(said);
    job.other(&["status", "m.csv"]).ends_with(0).says(said);
    let wrong = "ana@example.com\nnot an address\n";
    job.write("no.txt", wrong);
    job.run("m.csv", &flags)
        .ends_with(5)
        .says("no.txt:2: 'not an address' is not an e-mail address");
    job.write("no.txt", "E-Mail\n");
    job.run("m.csv", &flags)
        .ends_with(5)
        .says("it excludes nobody");
    assert_eq!(job.received(), 1);
}

#[test]
fn an_excluded_row_that_is_corrected_to_somebody_else_goes() {
    let job = Job::new();
    job.mailing(
        "m.csv",
        &["ana@example.com", "bo@example.com", "cy+refuse@example.com"],
    );
    job.write("no.txt", "bo@example.com\n");
    job.run("m.csv", &EXCLUDE)
        .ends_with(3)
        .says("correct the failed rows in m.results.csv, except for the excluded ones")
        .says("\n1 row failed: Error: The request was refused by the sandbox.\n3 rows: 1 copied");
    let report = job.read("m.results.csv");
    job.other(&["check", "m.results.csv"])
        .ends_with(0)
        .says("retry would send 1 row, 0 of them");
    job.write(
        "m.results.csv",
        report
            .replace("Li,bo@", "Li,di@")
            .replace("cy+refuse@", "cy@"),
    );
    job.retry("m.results.csv", &[]).ends_with(0);
    assert_eq!(statuses(&job), ["copied"; 3]);
    assert_eq!(job.received(), 4);
    job.assert_promise("m.results.csv");
}

#[test]
fn the_page_the_metrics_and_the_bodies_know_who_is_excluded() {
    let job = Job::new();
    job.mailing("m.csv", &THREE);
    job.write("no.txt", "bo@example.com\n");
    let files = ["--html", "p.html", "--metrics", "m.prom"];
    job.run("m.csv", &[&EXCLUDE[..], &files].concat())
        .ends_with(0);
    let page = job.read("p.html");
    assert!(
        page.contains("2 of 3 copies were made; 1 is excluded."),
        "{page}"
    );
    assert!(!page.contains("Correct "), "nothing is to be corrected");
    let metrics = job.read("m.prom");
    assert!(
        metrics.contains("esign_copy_excluded_rows{manifest=\"m.csv\"} 1"),
        "{metrics}"
    );
    let shown = job
        .other(&["check", "m.csv", "--show", "9", EXCLUDE[0], EXCLUDE[1]])
        .stdout;
    assert_eq!(shown.lines().count(), 2);
    assert!(!shown.contains("bo@example.com"));
}

#[test]
fn what_an_exclude_list_cannot_mean_is_refused() {
    let job = Job::new();
    job.mailing("m.csv", &THREE);
    for (list, words) in [
        (
            "*@example.com\n",
            "no.txt:1: '*@example.com' stands for many addresses",
        ),
        (
            "example.com\nbo@example.com\n",
            "no.txt:1: 'example.com' is not an e-mail address",
        ),
        (
            "Mail;Old\nbo@example.com;Ana <ana@example.com>\n",
            "no.txt:2: another column has an e-mail address too",
        ),
    ] {
        job.write("no.txt", list);
        job.run("m.csv", &EXCLUDE).ends_with(5).says(words);
    }
    job.run("m.csv", &["--max-per-address", "0"]).ends_with(2);
    assert_eq!(job.received(), 0);
}

/// A row without a copy is not sent as one more than its address may get, also after its answer was lost.
#[test]
fn the_limit_holds_for_rows_that_are_looked_up() {
    let job = Job::new();
    let row = |title: &str, email: &str| format!("{SOURCE},{title},Li,{email}\n");
    let lost = "ana+drop-before-commit@example.com";
    let rows = [
        row("Lease", "cy@example.com"),
        row("Lease", lost),
        row("Rent", lost),
    ];
    job.write("m.csv", format!("{HEADER}{}", rows.concat()));
    job.run("m.csv", &[]).ends_with(4);
    let received = job.received();
    let owned = ["--username", OWNER, "--settle-window", "1s"];
    job.run("m.csv", &[&["--max-per-address", "1"], &owned[..]].concat())
        .ends_with(3);
    assert_eq!(
        statuses(&job),
        ["copied", "failed invalid", "failed invalid"]
    );
    assert_eq!(job.received(), received);
}

#[test]
fn next_commands_say_what_variables_say_of_people() {
    let job = Job::new();
    job.mailing("m.csv", &THREE);
    job.write("no.txt", "bo@example.com\n");
    let mut run = job.sending("run", "m.csv", &["--limit", "1"]);
    run.env("ESIGN_COPY_EXCLUDE", "no.txt");
    run.env("ESIGN_COPY_MAX_PER_ADDRESS", "2");
    let ran: Ran = run.output().unwrap().into();
    ran.ends_with(0)
        .says("--exclude no.txt --max-per-address 2");
}
