//! The report as a page: what a person reads is what the ledger holds, and no cell is more than
//! text.

use std::os::unix::fs::PermissionsExt;

use crate::kit::{Job, SOURCE, column};
use crate::settling::scripted;

/// What a cell must not be able to say to a browser.
const HOSTILE: &str = "</script><script>alert(1)</script><img src=x onerror=\"a\">'&";

fn page_of(job: &Job, place: &str) -> String {
    let ran = job
        .other(&["report", place, "--format", "html"])
        .ends_with(0);
    ran.stdout
}

/// How often something stands in the page that the browser would act on.
fn signs(page: &str) -> Vec<usize> {
    let signs = [
        "<",
        ">",
        "\"",
        "<script",
        "</script",
        "<img",
        "<style",
        "onerror=\"",
    ];
    signs
        .iter()
        .map(|sign| page.matches(sign).count())
        .collect()
}

#[test]
fn hostile_text_stays_text_in_every_cell() {
    let with_cell = |cell: &str| {
        let job = Job::new();
        let quoted = format!("\"{}\"", cell.replace('"', "\"\""));
        let title = format!("\"\u{202e}\u{2028}{}", &quoted[1..]);
        job.write(
            "m.csv",
            format!(
                "row_id,source_session_id,title,signer_1_email,signer_1_last_name,note\n\
                 {quoted},{SOURCE},{title},a@example.com,{quoted},{quoted}\n"
            ),
        );
        let ran = job.run("m.csv", &["--limit", "0"]);
        (
            ran.code,
            if ran.code == 0 {
                page_of(&job, "m.csv")
            } else {
                ran.stderr
            },
        )
    };
    let (code, tame) = with_cell("tame");
    assert_eq!(code, 0, "{tame}");
    let (code, wild) = with_cell(HOSTILE);
    assert_eq!(code, 0, "{wild}");
    assert_eq!(signs(&tame), signs(&wild));
    assert!(!wild.contains(['\u{202e}', '\u{2028}']));
    assert!(
        wild.contains("&lt;/script&gt;&lt;script&gt;alert(1)"),
        "{wild}"
    );
}

#[test]
fn the_sentence_the_counts_and_the_causes_agree_with_the_ledger() {
    let job = Job::new();
    let fault = |email, fault| format!("{{\"email\":\"{email}\",\"faults\":[\"{fault}\"]}}");
    let script = [
        fault("b@example.com", "refuse"),
        fault("c@example.com", "refuse"),
        fault("d@example.com", "drop-after-commit"),
    ];
    job.write("faults.json", format!("[{}]", script.join(",")));
    let emails = ["a", "b", "c", "d", "e"].map(|name| format!("{name}@example.com"));
    job.mailing("m.csv", &emails.each_ref().map(String::as_str));
    let rehearsal = "run m.csv --endpoint sandbox --rate max --fault-script faults.json \
                     --on-uncertain hold --html m.html";
    let rehearsal: Vec<&str> = rehearsal.split(' ').collect();
    job.other(&rehearsal)
        .ends_with(4)
        .says("page: m.html")
        .says("--html m.html");
    let page = job.read("m.html");
    let lines = job.report("m.rehearsal.results.csv");
    let count = |status: &str| {
        column(&lines, "status")
            .iter()
            .filter(|s| *s == status)
            .count()
    };
    assert_eq!(
        (count("copied"), count("failed"), count("uncertain")),
        (2, 2, 1)
    );
    assert!(
        page.contains("<h1>Rehearsal: 2 of 5 copies were made; 2 failed, 1 is uncertain.</h1>")
    );
    assert!(page.contains("<dt>failed</dt><dd>2</dd>"));
    assert!(
        page.contains("<b>2 rows:</b>"),
        "both refusals have one cause"
    );
    assert!(page.contains("This was a rehearsal"));
    for line in &lines {
        assert!(page.contains(&line["row_id"]));
        assert!(page.contains(&line["new_session_id"]));
    }
    let uncertain = lines
        .iter()
        .find(|line| line["status"] == "uncertain")
        .unwrap();
    assert!(page.contains(&format!("Transaction id: {}", uncertain["transaction_id"])));
    assert_eq!(page.matches("<tr class=").count(), 5);
    let mode = job.path("m.html").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_page_loads_nothing_from_anywhere() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com", "b@example.com"]);
    job.run("m.csv", &[]).ends_with(0);
    let page = page_of(&job, "m.csv");
    for sign in [
        "http:", "https:", "src=", "href=", "@import", "url(", "<link", "style=", "onclick",
    ] {
        assert!(!page.contains(sign), "{sign}");
    }
    let policy = page.find("Content-Security-Policy").unwrap();
    assert!(policy < page.find("<style").unwrap() && policy < page.find("<script").unwrap());
    assert!(page.contains("default-src 'none'") && !page.contains("unsafe-inline"));
}

#[test]
fn a_page_replaces_only_a_page() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    job.write("notes.html", "<!DOCTYPE html>\n<html lang=en>my notes");
    std::fs::create_dir(job.path("folder")).unwrap();
    for page in [
        "./m.csv",
        "m.ledger",
        "m.ledger.lock",
        "m.results.csv",
        "./notes.html",
        "folder",
    ] {
        job.run("m.csv", &["--html", page]).ends_with(2).says(page);
    }
    job.run("m.csv", &["--html", "missing/m.html"])
        .ends_with(1)
        .says("nothing was sent");
    assert_eq!(job.received(), 0);
    assert_eq!(
        job.read("notes.html"),
        "<!DOCTYPE html>\n<html lang=en>my notes"
    );
    job.run("m.csv", &["--html", "m.html"]).ends_with(0);
    job.run("m.csv", &["--html", "m.html"]).ends_with(0);
    job.retry("m.results.csv", &["--html", "m.results.csv"])
        .ends_with(2);
    job.retry("m.results.csv", &["--html", "m.html"])
        .ends_with(0);
    let report = ["report", "m.csv", "--format", "html", "--output"];
    job.other(&[&report[..], &["m.html"]].concat()).ends_with(0);
    job.other(&[&report[..], &["m.results.csv"]].concat())
        .ends_with(2);
    job.run("m.csv", &["--report", "m.html"]).ends_with(2);
    assert!(job.read("m.html").contains("The one copy was made."));
}

#[test]
fn a_stopped_run_says_on_its_page_that_it_was_stopped() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com", "b@example.com"]);
    let wrong = job
        .sending("run", "m.csv", &[])
        .env("ESIGN_COPY_API_KEY", "wrong")
        .env("ESIGN_COPY_HTML", "m.html")
        .output()
        .unwrap();
    assert_eq!(wrong.status.code(), Some(6));
    let page = job.read("m.html");
    assert!(page.contains("None of 2 copies were made; 2 are pending."));
    assert!(page.contains("The last run stopped early"));
    assert!(page.contains("Correct the key and the salt, or the token; then run this:"));
}

/// Three answers that leave a row uncertain, and one refusal; the first row is copied.
fn faults() -> String {
    let fault = |email, fault| format!("{{\"email\":\"{email}\",\"faults\":[\"{fault}\"]}}");
    let script = [
        fault("b@example.com", "400-html-after-commit"),
        fault("c@example.com", "unreadable"),
        fault("d@example.com", "drop-after-commit"),
        fault("e@example.com", "404"),
    ];
    format!("[{}]", script.join(","))
}

fn mailing_of_five(job: &Job) {
    let emails = ["a", "b", "c", "d", "e"].map(|name| format!("{name}@example.com"));
    job.mailing("m.csv", &emails.each_ref().map(String::as_str));
}

/// A page whose commands are text and nothing else.
fn with_plain_commands(page: &str) -> String {
    page.replace("<span>", "").replace("</span>", "")
}

/// The cards of a page.
fn cards(page: &str) -> Vec<&str> {
    let cards = page.split("<li>").skip(1);
    cards
        .map(|card| card.split("</li>").next().unwrap())
        .collect()
}

#[test]
fn a_card_says_what_happened_and_names_the_file_and_the_command() {
    let job = scripted(&faults());
    mailing_of_five(&job);
    let ran = job.run("m.csv", &["--html", "m.html"]).ends_with(4);
    let page = with_plain_commands(&job.read("m.html"));
    let cards = cards(&page);
    assert_eq!(cards.len(), 4, "{page}");
    for (row, is_answered) in [(2, true), (3, true), (4, false)] {
        let resolve = format!("row:{row} --copied SESSION_ID");
        let card = cards.iter().find(|card| card.contains(&resolve));
        let card = card.unwrap_or_else(|| panic!("no card has {resolve}"));
        assert_eq!(card.contains("no answer arrived"), !is_answered, "{card}");
        let unclear = "does not say whether a copy was made";
        assert_eq!(card.contains(unclear), is_answered, "{card}");
        assert!(card.contains(" resolve m.ledger --endpoint "), "{card}");
    }
    // The end of the run says the same command.
    let next = ran.stderr.lines().last().unwrap();
    let next = next.strip_prefix("next: ").unwrap();
    assert!(next.contains(" retry m.results.csv"), "{next}");
    let failed = cards.iter().find(|card| card.contains("source_session_id"));
    let failed = failed.unwrap();
    assert!(
        failed.contains("m.results.csv") && failed.contains(next),
        "{failed}"
    );
    // So does a page that is written later.
    let later = job.other(&["report", "m.ledger", "--format", "html"]);
    assert!(with_plain_commands(&later.ends_with(0).stdout).contains(next));
}

#[test]
fn a_rehearsal_s_cards_correct_the_list_and_rehearse_again() {
    let job = Job::new();
    mailing_of_five(&job);
    job.write("faults.json", faults());
    let mut rehearsal = vec!["run", "m.csv", "--endpoint", "sandbox", "--rate", "max"];
    rehearsal.extend(["--fault-script", "faults.json", "--on-uncertain", "hold"]);
    rehearsal.extend(["--html", "m.html"]);
    job.other(&rehearsal).ends_with(4);
    let page = with_plain_commands(&job.read("m.html"));
    let banner = page.find("This was a rehearsal").unwrap();
    assert!(page[banner..].contains("correct it in <bdi>m.csv</bdi>"));
    for card in cards(&page) {
        assert!(card.contains(" run m.csv --rate max"), "{card}");
        assert!(
            !card.contains("results.csv") && !card.contains("retry"),
            "{card}"
        );
    }
    assert_eq!(
        page.matches(" in <bdi>m.csv</bdi>, then run this").count(),
        1
    );
}

/// Where nothing failed, no column waits for reasons.
#[test]
fn a_row_has_its_new_session_or_the_reason_in_one_cell() {
    let job = scripted(&faults());
    mailing_of_five(&job);
    job.run("m.csv", &[]).ends_with(4);
    let page = page_of(&job, "m.csv");
    let heads = page.matches("<th role=columnheader").count();
    for line in page.lines().filter(|line| line.starts_with("<tr class=")) {
        let cells: Vec<&str> = line.split("<td").skip(1).collect();
        assert_eq!(cells.len(), heads);
        let (_, result) = cells[3].split_once('>').unwrap();
        let is_copied = line.contains("<tr class=copied");
        assert_eq!(result.starts_with("<code>"), is_copied, "{line}");
        assert!(!result.is_empty(), "{line}");
    }
}

/// A row's number says which row only together with its manifest.
#[test]
fn a_card_of_a_ledger_with_several_manifests_names_the_manifest() {
    let job = scripted(&faults());
    mailing_of_five(&job);
    job.mailing("other.csv", &["f@example.com"]);
    job.run("other.csv", &["--ledger", "all.ledger"])
        .ends_with(0);
    job.run("m.csv", &["--ledger", "all.ledger", "--html", "m.html"])
        .ends_with(4);
    let page = with_plain_commands(&job.read("m.html"));
    let resolve = " resolve m.csv --ledger all.ledger --endpoint ";
    assert_eq!(page.matches(resolve).count(), 3, "{page}");
}

/// What a card says to type can be typed as it stands.
#[test]
fn the_command_of_a_card_records_an_answer() {
    for ledger in ["m.ledger", "all.ledger"] {
        let job = scripted(&faults());
        mailing_of_five(&job);
        job.mailing("other.csv", &["f@example.com"]);
        if ledger == "all.ledger" {
            job.run("other.csv", &["--ledger", ledger]).ends_with(0);
        }
        job.run("m.csv", &["--ledger", ledger, "--html", "m.html"])
            .ends_with(4);
        let page = with_plain_commands(&job.read("m.html"));
        let command = page.split("<kbd>").find(|part| part.contains(" row:4 "));
        let command = command.unwrap().split("</kbd>").next().unwrap();
        let absent = command.replace("--copied SESSION_ID", "--absent");
        let words: Vec<&str> = absent.split_whitespace().skip(1).collect();
        job.other(&words).ends_with(0);
        let lines = job.report("m.results.csv");
        let row = lines.iter().find(|line| line["row"] == "4").unwrap();
        assert_eq!(row["status"], "pending");
    }
}
