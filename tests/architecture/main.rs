//! The map of the modules holds: who may import whom, and what is absent on purpose.

mod uses;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Module, and the modules of ours that it may import.
const MAY_IMPORT: [(&str, &[&str]); 10] = [
    ("support", &[]),
    ("job", &["support"]),
    ("manifest", &["job", "support"]),
    ("request", &["job", "support"]),
    ("report", &["job", "support"]),
    ("executor", &["job", "request", "support"]),
    ("transport", &["executor", "job", "request", "support"]),
    ("ledger", &["executor", "job", "request", "support"]),
    ("sandbox", &["support"]),
    (
        "cli",
        &[
            "executor",
            "job",
            "ledger",
            "manifest",
            "report",
            "request",
            "sandbox",
            "support",
            "transport",
        ],
    ),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

fn module_sources(module: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("src")
            .join(module),
        &mut found,
    );
    found
}

/// The modules of ours that a source names after `crate::`, in code or in documentation.
fn imported(source: &str) -> Vec<String> {
    let names = source.split("crate::").skip(1);
    let name = |rest: &str| {
        rest.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect::<String>()
    };
    names.map(name).collect()
}

#[test]
fn modules_import_only_what_the_table_allows() {
    for (module, allowed) in MAY_IMPORT {
        let sources = module_sources(module);
        assert!(!sources.is_empty(), "{module} has no sources");
        for path in sources {
            for name in imported(&fs::read_to_string(&path).unwrap()) {
                let is_module = MAY_IMPORT.iter().any(|(known, _)| *known == name);
                let is_allowed = name == module || allowed.contains(&name.as_str());
                assert!(
                    !is_module || is_allowed,
                    "{} imports {name}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn every_module_is_in_the_table() {
    let lib = include_str!("../../src/lib.rs");
    let modules = lib
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let mut modules: Vec<&str> = modules.collect();
    let mut known: Vec<&str> = MAY_IMPORT.iter().map(|(module, _)| *module).collect();
    modules.sort_unstable();
    known.sort_unstable();
    assert_eq!(modules, known);
}

/// What must not be found in a module, and why.
const ABSENT: [(&str, &[&str], &str); 4] = [
    (
        "executor",
        &["std::fs", "fs_err", "println!", "std::env", "rusqlite"],
        "calls ports only",
    ),
    (
        "request",
        &["tokio", "reqwest", "std::fs", "fs_err"],
        "is pure",
    ),
    (
        "job",
        &[
            "tokio",
            "std::fs",
            "fs_err",
            "SystemTime::now",
            "Timestamp::now",
        ],
        "has no I/O",
    ),
    (
        "ledger",
        &["println!", "std::env"],
        "neither prints nor reads the environment",
    ),
];

#[test]
fn what_is_absent_on_purpose_stays_absent() {
    for (module, words, why) in ABSENT {
        for path in module_sources(module) {
            let source = fs::read_to_string(&path).unwrap();
            let source = source.split("#[cfg(test)]").next().unwrap();
            for word in words {
                assert!(
                    !source.contains(word),
                    "{} has {word}, but {module} {why}",
                    path.display()
                );
            }
        }
    }
    for (module, _) in MAY_IMPORT {
        for path in module_sources(module) {
            let source = fs::read_to_string(&path).unwrap();
            let may_end = path.ends_with("cli/signals.rs");
            assert!(
                !source.contains("process::exit") && (may_end || !source.contains("level::exit")),
                "{}: only main ends, and a signal that must not wait",
                path.display()
            );
        }
    }
}

/// What was typed is seen by `settings`, which says what it means, and by the module that parses it.
#[test]
fn every_file_opens_with_what_lives_there() {
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    let is_silent = |file: &&PathBuf| {
        let source = std::fs::read_to_string(file).unwrap();
        !source.starts_with("//! ")
    };
    let silent: Vec<_> = files.iter().filter(is_silent).collect();
    assert!(files.len() > 100 && silent.is_empty(), "{silent:#?}");
}

#[test]
fn only_settings_sees_what_was_typed() {
    for (file, uses) in uses::all_uses() {
        let is_allowed = file.starts_with("cli::args") || file.starts_with("cli::settings");
        let sees = uses.iter().find(|target| target.starts_with("cli::args"));
        assert!(
            is_allowed || file == "cli" || sees.is_none(),
            "{file} sees {sees:?}"
        );
    }
}

/// A file is held in the head: 400 lines at most, tests included.
#[test]
fn no_file_is_over_400_lines() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    for folder in ["src", "tests", "benches"] {
        sources(&root.join(folder), &mut paths);
    }
    let lines = |path: &PathBuf| fs::read_to_string(path).unwrap().lines().count();
    let long: Vec<_> = paths.iter().filter(|path| lines(path) > 400).collect();
    assert!(long.is_empty(), "{long:?}");
}

/// No file uses another one that, by whatever way, uses it.
#[test]
fn no_files_go_in_circles() {
    let uses = uses::all_uses();
    let reached = |start: &str| {
        let mut found = BTreeSet::new();
        let mut next = vec![start.to_owned()];
        while let Some(file) = next.pop() {
            for target in uses.get(&file).into_iter().flatten() {
                if found.insert(target.clone()) {
                    next.push(target.clone());
                }
            }
        }
        found
    };
    let circles: BTreeSet<String> = uses
        .keys()
        .filter(|file| reached(file).contains(*file))
        .map(|file| {
            let back = uses[file]
                .iter()
                .filter(|used| reached(used).contains(file));
            format!(
                "{file} <-> {}",
                back.cloned().collect::<Vec<_>>().join(", ")
            )
        })
        .collect();
    assert!(circles.is_empty(), "{circles:#?}");
}
