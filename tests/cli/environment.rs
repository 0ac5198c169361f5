//! Variables of the environment: empty ones, unknown ones, misspelt ones.

use crate::kit::{Job, Ran};

const SECRET: &str = "s3cr3t-v4lue";

/// `run m.csv` with one more variable.
fn with(job: &Job, name: &str, value: &str) -> Ran {
    let mut command = job.sending("run", "m.csv", &[]);
    command.env(name, value).output().unwrap().into()
}

fn mailing() -> Job {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    job
}

#[test]
fn an_empty_variable_is_an_unset_one() {
    let job = mailing();
    let mut command = job.sending("run", "m.csv", &[]);
    for name in [
        "CONCURRENCY",
        "TIMEOUT",
        "USERNAME",
        "PROXY",
        "CA_FILE",
        "LEDGER",
        "REPORT",
        "METRICS",
        "MAX_FAILURES",
        "SKIP_INVALID",
        "LOG_FORMAT",
        "TOKEN",
        "API_KEY_FILE",
        "LIMIT",
    ] {
        command.env(format!("ESIGN_COPY_{name}"), "");
    }
    let ran = Ran::from(command.output().unwrap()).ends_with(0);
    assert!(!ran.stderr.contains("variable"), "{}", ran.stderr);
    let mut command = job.command(&["run", "m.csv"]);
    let ran = Ran::from(command.env("ESIGN_COPY_ENDPOINT", "").output().unwrap());
    ran.ends_with(2).says("--endpoint");
    with(&job, "ESIGN_COPY_EXCLUDE", "").ends_with(2);
}

#[test]
fn a_variable_that_a_flag_has_not_or_that_is_misspelt_is_wrong_usage() {
    let job = mailing();
    for (name, word) in [
        ("ESIGN_COPY_LIMIT", "--limit has no variable"),
        ("ESIGN_COPY_NO_CANARY", "--no-canary has no variable"),
        ("ESIGN_COPY_TOKE", "a misspelling of ESIGN_COPY_TOKEN"),
        (
            "ESIGN_COPY_MAX_FAILURE",
            "a misspelling of ESIGN_COPY_MAX_FAILURES",
        ),
    ] {
        let ran = with(&job, name, SECRET).ends_with(2).says(name).says(word);
        assert!(!ran.stderr.contains(SECRET), "{}", ran.stderr);
    }
    assert_eq!(job.received(), 0);
    // Its misspelling says why there seems to be no endpoint.
    let mut command = job.command(&["run", "m.csv"]);
    let ran = Ran::from(command.env("ESIGN_COPY_ENDPONT", SECRET).output().unwrap());
    let ran = ran.ends_with(2).says("ESIGN_COPY_ENDPOINT");
    assert!(!ran.stderr.contains(SECRET), "{}", ran.stderr);
    let mut command = job.sending("run", "m.csv", &["--log-format", "json"]);
    let ran = Ran::from(command.env("ESIGN_COPY_LIMIT", "3").output().unwrap());
    let last: serde_json::Value = serde_json::from_str(ran.stderr.trim()).unwrap();
    assert_eq!(last["exit_code"], 2);
}

#[test]
fn a_variable_that_nothing_reads_is_a_warning_and_kubernetes_own_are_none() {
    let job = mailing();
    let mut command = job.sending("run", "m.csv", &["-q"]);
    command.env("ESIGN_COPY_NIGHTLY", SECRET);
    command.env("ESIGN_COPY_SERVICE_HOST", "10.0.0.1");
    command.env("ESIGN_COPY_PORT_443_TCP", "tcp://10.0.0.1:443");
    let ran = Ran::from(command.output().unwrap()).ends_with(0);
    assert_eq!(
        ran.stderr,
        "warning: no command reads the variable ESIGN_COPY_NIGHTLY\n"
    );
    let mut command = job.command(&["completions", "bash"]);
    let ran = Ran::from(command.env("ESIGN_COPY_LIMIT", "3").output().unwrap());
    assert_eq!(ran.ends_with(0).stderr, "");
}

#[test]
fn a_switch_is_true_or_false() {
    let job = mailing();
    let quiet = |value| with(&job, "ESIGN_COPY_QUIET", value);
    assert_eq!(["yes", "1"].map(|value| quiet(value).code), [2, 2]);
    assert_eq!(job.received(), 0);
    assert_ne!(quiet("false").ends_with(0).stderr, "");
    assert_eq!(quiet("true").ends_with(0).stderr, "");
}

#[test]
fn the_pilot_after_a_rehearsal_has_the_owner_that_a_variable_named() {
    let job = mailing();
    let rehearsal = ["run", "m.csv", "--endpoint", "sandbox", "--rate", "max"];
    let mut command = job.command(&rehearsal);
    command.env("ESIGN_COPY_USERNAME", "boss@example.org");
    let ran = Ran::from(command.output().unwrap()).ends_with(0);
    let pilot = "run m.csv --endpoint stage --username boss@example.org --limit 3";
    let ran = ran.says(pilot);
    for words in ["add --username", "does not know"] {
        assert!(!ran.stderr.contains(words), "{}", ran.stderr);
    }
    let status = job.other(&["status", "m.csv"]).ends_with(0);
    assert!(status.stdout.contains(pilot), "{}", status.stdout);
    let unsaid = job.other(&rehearsal).ends_with(0);
    unsaid
        .says("add --username")
        .says("run m.csv --endpoint stage --limit 3");
}
