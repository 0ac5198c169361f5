//! What packagers ask the program for.

use crate::kit::Job;

#[test]
fn completions_and_manual_pages_come_from_the_command_line() {
    let job = Job::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let completions = job.other(&["completions", shell]).ends_with(0).stdout;
        assert!(completions.contains("settle-window"), "{shell}");
    }
    let page = job.other(&["man", "run"]).ends_with(0).stdout;
    assert!(
        page.contains(".TH") && page.contains("settle\\-window"),
        "{page}"
    );
    let own = job.other(&["man"]).ends_with(0).stdout;
    assert!(own.contains("retry"), "{own}");
    job.other(&["man", "nothing"])
        .ends_with(2)
        .says("no command");
}

#[test]
fn the_manual_has_what_no_flag_says() {
    let job = Job::new();
    let text = |command: &[&str]| {
        let page = job.other(&[&["man"], command].concat()).ends_with(0).stdout;
        page.replace("\\-", "-")
    };
    let own = text(&[]);
    for heading in [
        "MANIFEST COLUMNS",
        "FILES",
        "ENVIRONMENT",
        "EXIT STATUS",
        "EXAMPLES",
    ] {
        assert!(
            own.contains(&format!(".SH \"{heading}\"")) || own.contains(&format!(".SH {heading}")),
            "{heading}"
        );
    }
    for word in [
        "source_session_id",
        "signer_N_merge_<Field>",
        "NAME.results.csv",
        "ESIGN_COPY_API_KEY_FILE",
        "ESIGN_COPY_SETTLE_WINDOW",
        "129, 130, 143",
        "esign-copy retry mailing.results.csv",
    ] {
        assert!(own.contains(word), "{word}");
    }
    assert!(!own.contains("esign-copy-help"));
    let retry = text(&["retry"]);
    assert!(retry.contains("ESIGN_COPY_RATE") && retry.contains("EXIT STATUS"));
    assert!(!retry.contains("ESIGN_COPY_REQUIRE_LEDGER") && !retry.contains("esign-copy sandbox"));
    assert!(text(&["check"]).contains("signer_N_email"));
    assert!(!text(&["man"]).contains("ENVIRONMENT"));
}

#[test]
fn check_explains_the_columns_of_a_manifest() {
    let job = Job::new();
    let help = job.other(&["check", "--help"]).ends_with(0).stdout;
    for column in ["source_session_id", "send_signer_invites", "signer_N_email"] {
        assert!(help.contains(&format!("\n  {column} ")), "{column}: {help}");
    }
    assert!(
        !job.other(&["check", "-h"])
            .stdout
            .contains("signer_N_email")
    );
}

#[test]
fn the_version_names_the_commit() {
    let job = Job::new();
    let version = job.other(&["--version"]).ends_with(0).stdout;
    let (name, rest) = version.trim().split_once(' ').unwrap();
    assert_eq!(name, "esign-copy");
    assert!(rest.starts_with(env!("CARGO_PKG_VERSION")), "{version}");
    let is_clone = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(".git")
        .exists();
    assert_eq!(rest.contains('('), is_clone, "{version}");
}
