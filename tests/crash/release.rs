//! What the other tests rely on must be nowhere in a release.

use std::process::Command;

/// A name of each kind, as the failpoints' own build has it.
const NAMES: [&str; 4] = [
    "attempt-before-begin",
    "broken-result-only",
    "broken-blind-repeat",
    "FAILPOINTS",
];

fn has(program: &[u8], name: &str) -> bool {
    program
        .windows(name.len())
        .any(|part| part == name.as_bytes())
}

#[test]
fn the_tests_program_has_failpoints() {
    let program = std::fs::read(env!("CARGO_BIN_EXE_esign-copy")).unwrap();
    for name in NAMES {
        assert!(has(&program, name), "{name}: the crash tests test nothing");
    }
}

/// What a release is built from: without the development dependencies, nothing asks for them.
#[test]
fn only_tests_ask_for_failpoints() {
    let features = |edges: &str| {
        let tree = Command::new(env!("CARGO"))
            .args([
                "tree",
                "--offline",
                "--locked",
                "--invert",
                "fail",
                "--edges",
                edges,
            ])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert!(tree.status.success(), "{tree:?}");
        String::from_utf8(tree.stdout).unwrap()
    };
    let asked = "feature \"failpoints\"";
    assert!(features("features").contains(asked));
    assert!(!features("features,no-dev").contains(asked));
}

#[test]
#[ignore = "builds a release, which takes minutes"]
fn a_release_has_no_failpoints() {
    let folder = env!("CARGO_MANIFEST_DIR");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--bin", "esign-copy"])
        .current_dir(folder)
        .status()
        .unwrap();
    assert!(built.success());
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| format!("{folder}/target"));
    let program = std::fs::read(format!("{target}/release/esign-copy")).unwrap();
    assert!(has(&program, "--endpoint"), "this is the program");
    for name in NAMES {
        assert!(!has(&program, name), "{name} is in the release");
    }
}
