//! What packagers ask the program for.

use std::process::Command;

use crate::kit::{Job, Ran};

fn packaged(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/");
    std::fs::read_to_string(format!("{folder}{name}")).unwrap()
}

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

/// Also those that `-h` leaves out.
#[test]
fn every_flag_has_its_text_in_the_manual() {
    let job = Job::new();
    for command in ["run", "retry", "check", "audit", "sandbox"] {
        let page = job.other(&["man", command]).ends_with(0).stdout;
        let (_, options) = page.split_once(".SH OPTIONS").unwrap();
        let options = options.split(".SH ").next().unwrap();
        for flag in options.split(".TP\n").skip(1) {
            let text = flag.lines().nth(1).unwrap_or_default();
            assert!(text.len() > 10, "{command}: {flag}");
        }
    }
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

/// Runs the job of the packaged service, as its unit and its configuration say, against the sandbox.
fn tonight(job: &Job, unit: &str, configuration: &str) -> Ran {
    let lines = unit.lines();
    let of_unit = lines.filter_map(|line| line.strip_prefix("Environment="));
    let of_unit = of_unit.flat_map(str::split_whitespace);
    let of_configuration = configuration.lines().filter(|line| !line.starts_with('#'));
    let mut command = Command::new(env!("CARGO_BIN_EXE_esign-copy"));
    command.env_clear().current_dir(job.folder());
    for variable in of_unit.chain(of_configuration) {
        let (name, value) = variable.split_once('=').unwrap();
        let value = value.replace("%d", &job.folder().to_string_lossy());
        let endpoint = job.sandbox.base_url();
        command.env(
            name,
            if value == "production" {
                endpoint
            } else {
                value
            },
        );
    }
    command.env("ESIGN_COPY_RATE", "max");
    job.write("key", job.sandbox.api_key());
    job.write("salt", job.sandbox.salt());
    let words = unit
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart=/usr/bin/esign-copy "));
    let words = words.unwrap().replace("%i", "nightly");
    command.args(words.split(' ')).output().unwrap().into()
}

#[test]
fn the_packaged_service_starts_its_ledger_once_and_is_silent_every_night() {
    let job = Job::new();
    let unit = packaged("esign-copy@.service");
    let first = packaged("nightly.conf");
    let every: Vec<&str> = first
        .lines()
        .filter(|line| !line.contains("REQUIRE_LEDGER"))
        .collect();
    job.mailing("nightly.csv", &["a@example.com", "b@example.com"]);
    let every = every.join("\n");
    tonight(&job, &unit, &every)
        .ends_with(5)
        .says("--require-ledger");
    for configuration in [&first, &every, &every] {
        let ran = tonight(&job, &unit, configuration).ends_with(0);
        assert_eq!(ran.stdout + &ran.stderr, "");
        assert_eq!(job.received(), 2);
    }
}

/// The package of the source holds what a build and its user need, and no tests.
#[test]
fn the_source_package_holds_what_is_needed() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut command = Command::new(cargo);
    command.args([
        "package",
        "--list",
        "--allow-dirty",
        "--offline",
        "--locked",
    ]);
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    let listed: Ran = command.output().unwrap().into();
    let listed = listed.ends_with(0).stdout;
    let files: Vec<&str> = listed.lines().collect();
    for needed in [
        "Cargo.lock",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "build.rs",
        "docs/manifest.md",
        "samples/mailing.csv",
        "src/ledger/schema.sql",
        "src/main.rs",
        "src/report/html/page.css",
    ] {
        assert!(files.contains(&needed), "{needed}");
    }
    let is_needless = |file: &&&str| file.starts_with("tests/") || file.starts_with("benches/");
    assert_eq!(files.iter().find(is_needless), None);
}
