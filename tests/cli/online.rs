//! `check --online`: what the service says of the sources, before anything is sent.

use std::path::Path;

use esign_copy::sandbox::Settings;

use crate::kit::{Job, Ran, SOURCE};

fn check(job: &Job, more: &[&str]) -> Ran {
    let endpoint = job.sandbox.base_url();
    let mut all = vec!["check", "m.csv", "--online", "--endpoint", &endpoint];
    all.extend(["--rate", "max"]);
    all.extend(more);
    job.other(&all)
}

#[test]
fn each_source_is_told_with_its_owner_and_signers() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com", "b@example.com"]);
    let ran = check(&job, &["--username", "Owner@example.com"])
        .ends_with(0)
        .says(&format!("source {SOURCE} (2 rows)"))
        .says("owner owner@example.com; signer ")
        .says("1 source session looked at: 0 could not be read; 0 cells");
    assert!(!ran.stderr.contains("its owner is"), "{}", ran.stderr);
    check(&job, &["--username", "other@example.com"])
        .ends_with(0)
        .says("look-ups need --username owner@example.com");
    assert_eq!(job.received(), 0, "nothing is sent");
    assert_eq!(
        job.stats().requests["GetSession"],
        2,
        "each source is read once"
    );
}

#[test]
fn rows_that_do_not_fit_their_source_are_told_with_their_place() {
    let job = Job::new();
    job.write(
        "m.csv",
        format!(
            "source_session_id,title,signer_1_id,signer_1_email,signer_1_role\n\
             {SOURCE},A,nobody,a@example.com,\n\
             {SOURCE},B,,b@example.com,No Such Role\n"
        ),
    );
    check(&job, &[])
        .ends_with(5)
        .says("m.csv:2: column signer_1_id: the source session has no signer with the id 'nobody'")
        .says(
            "m.csv:3: column signer_1_role: the source session has no role 'No Such Role'; it has",
        )
        .says("it has 'Buyer 1', 'Seller 1', 'Tenant 1', 'Tenant 2'");
    let signer = r#"{"email": "a@example.com", "role": "None"}"#;
    let record = format!(r#"{{"source_session_id": "{SOURCE}", "signers": [{signer}]}}"#);
    job.write("m.json", format!("[{record}]"));
    let endpoint = job.sandbox.base_url();
    job.other(&["check", "m.json", "--online", "--endpoint", &endpoint])
        .ends_with(5)
        .says("m.json: record 1: signers[0].role: the source session has no role 'None'");
}

/// A rehearsal of the check: the sandbox's sessions have the roles that the samples name.
#[test]
fn the_samples_fit_the_sandbox_s_sources() {
    let job = Job::new();
    for name in ["mailing.csv", "sessions.json", "sessions.jsonl"] {
        let sample = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("samples")
            .join(name);
        std::fs::copy(sample, job.path(name)).unwrap();
        job.other(&["check", name, "--online", "--endpoint", "sandbox"])
            .ends_with(0)
            .says("0 cells of the list don't match");
    }
}

#[test]
fn a_source_that_is_not_there_is_told() {
    let job = Job::with(Settings {
        known_sources: Some(Vec::new()),
        ..Settings::default()
    });
    job.mailing("m.csv", &["a@example.com"]);
    check(&job, &[])
        .ends_with(5)
        .says(&format!("source {SOURCE} (1 row) could not be read"));
    let arguments = ["check", "m.csv", "--online"];
    job.other(&arguments).ends_with(2).says("--endpoint");
}
