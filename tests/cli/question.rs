//! The question before the first run to production, to a person at a terminal.

use crate::documents::Reader;
use crate::kit::{signal, wait_until};
use crate::terminal::AtTerminal;

const RUN: &str = "esign-copy run mailing.csv --endpoint production --username owner@example.com";
const QUESTION: &str = "Type yes to make them";

#[test]
fn the_first_run_to_production_asks_once() {
    let reader = Reader::new();
    let received = || reader.job.received();
    for answer in ["no\n", "\n", "y\n", "\u{4}"] {
        let mut asked = AtTerminal::start(reader.command(RUN));
        let screen = asked.shows(QUESTION);
        assert!(
            screen.contains("4 sessions from 1 source to 4 people, invites off"),
            "{screen}"
        );
        assert!(
            screen.contains("as fast as the service answers"),
            "{screen}"
        );
        assert_eq!(asked.answer(answer).code(), Some(130), "{answer:?}");
    }
    assert_eq!(received(), 0);
    // A pilot is no answer to the question.
    let pilot = format!("{RUN} --limit 1");
    assert_eq!(
        AtTerminal::start(reader.command(&pilot)).ends().code(),
        Some(0)
    );
    assert_eq!(received(), 1);
    let mut asked = AtTerminal::start(reader.command(RUN));
    asked.shows("3 sessions from 1 source to 3 people");
    assert_eq!(asked.answer("yes\n").code(), Some(3));
    assert_eq!(received(), 4);
    reader
        .job
        .mailing("mailing.csv", &["ana@example.com", "new@example.com"]);
    let again = format!("{RUN} --accept-changes");
    assert_eq!(
        AtTerminal::start(reader.command(&again)).ends().code(),
        Some(0),
        "it asked twice"
    );
    assert_eq!(received(), 5);
}

/// The lock is held meanwhile, and Ctrl-C is an answer.
#[test]
fn nobody_else_works_on_the_ledger_while_it_asks() {
    let reader = Reader::new();
    let mut asked = AtTerminal::start(reader.command(RUN));
    asked.shows(QUESTION);
    reader.run(RUN).ends_with(75);
    signal(&asked.child, "INT");
    assert_eq!(asked.ends().code(), Some(130));
    assert_eq!(reader.job.received(), 0);
    wait_until("the lock is held still", || {
        reader.run("esign-copy status mailing.csv").code == 0
    });
}

#[test]
fn nobody_is_asked_who_is_not_there_or_does_not_want_it() {
    for (command, endpoint) in [
        (format!("{RUN} --yes"), "production"),
        (RUN.replace("production", "stage"), "stage"),
    ] {
        let reader = Reader::new();
        assert_eq!(
            AtTerminal::start(reader.command(&command)).ends().code(),
            Some(3),
            "{endpoint}"
        );
    }
    let reader = Reader::new();
    reader.run(RUN).ends_with(3);
}
