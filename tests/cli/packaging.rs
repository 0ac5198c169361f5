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
