//! Which file of the program uses which, read from its imports and paths.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::sources;

/// Of each file of the program, by its module, the modules of the files that it uses.
pub fn all_uses() -> BTreeMap<String, BTreeSet<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    sources(&root, &mut paths);
    let files: BTreeMap<String, Vec<Import>> = paths
        .iter()
        .filter(|path| !path.components().any(|part| part.as_os_str() == "tests"))
        .map(|path| {
            let module = module_of(path.strip_prefix(&root).unwrap());
            let imports = imports(&fs::read_to_string(path).unwrap(), &module);
            (module, imports)
        })
        .collect();
    let resolved = files.iter().map(|(file, imports)| {
        let targets = imports.iter().filter(|import| !import.is_public);
        let targets = targets.filter_map(|import| defining_file(&files, &import.path, 0));
        (
            file.clone(),
            targets.filter(|target| target != file).collect(),
        )
    });
    resolved.collect()
}

/// A path that a file uses, whole, from the crate's root.
struct Import {
    path: Vec<String>,
    /// The name under which it is used.
    name: String,
    /// Whether it is only passed on.
    is_public: bool,
}

fn module_of(file: &Path) -> String {
    let name = file.with_extension("").to_string_lossy().replace('/', "::");
    let name = name.trim_end_matches("::mod");
    if name == "lib" {
        String::new()
    } else {
        name.to_owned()
    }
}

/// What a file imports, and the paths that it names in its code without importing them.
fn imports(source: &str, module: &str) -> Vec<Import> {
    let code: String = source
        .split("\n#[cfg(test)]\nmod tests")
        .next()
        .unwrap()
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| format!("{line}\n"))
        .collect();
    let mut imports = Vec::new();
    let mut rest = String::new();
    for statement in code.split_inclusive(';') {
        let (before, tree) = match statement.rfind("use ") {
            Some(at) if statement[..at].ends_with(['\n', ' ']) || at == 0 => (
                &statement[..at],
                Some(&statement[at + 4..statement.len() - 1]),
            ),
            _ => (statement, None),
        };
        let is_use = tree.filter(|tree| !tree.contains('\n') || tree.contains('{'));
        let Some(tree) = is_use.filter(|tree| !tree.contains(['(', '=', '.'])) else {
            rest.push_str(statement);
            continue;
        };
        rest.push_str(before);
        let is_public = ["pub", "pub(crate)", "pub(super)"]
            .iter()
            .any(|word| before.trim_end().ends_with(word));
        let mut paths = Vec::new();
        expand(tree.trim(), "", &mut paths);
        for (path, name) in paths {
            let path = absolute(&path, module);
            imports.push(Import {
                path,
                name,
                is_public,
            });
        }
    }
    for start in ["crate::", "super::"] {
        for (at, _) in rest.match_indices(start) {
            let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
            let path: String = rest[at..].chars().take_while(|c| is_path(*c)).collect();
            imports.push(Import {
                path: absolute(&path, module),
                name: String::new(),
                is_public: false,
            });
        }
    }
    imports
}

/// The paths of a tree such as `a::{b, c::D as E}`, each with the name that it gets.
fn expand(tree: &str, before: &str, paths: &mut Vec<(String, String)>) {
    let Some((start, inner)) = tree.split_once('{') else {
        let (path, alias) = tree.split_once(" as ").unwrap_or((tree, ""));
        let path = format!("{before}{}", path.trim()).replace("::self", "");
        let last = path.rsplit("::").next().unwrap().to_owned();
        let name = if alias.is_empty() {
            last
        } else {
            alias.trim().to_owned()
        };
        paths.push((path, name));
        return;
    };
    let before = format!("{before}{}", start.trim());
    let inner = inner.trim_end().trim_end_matches('}');
    let (mut depth, mut part) = (0, String::new());
    for character in inner.chars().chain([',']) {
        depth += i32::from(character == '{') - i32::from(character == '}');
        if character == ',' && depth == 0 {
            if !part.trim().is_empty() {
                let part = part.trim();
                let closed = part.matches('{').count() > part.matches('}').count();
                let part = if closed {
                    format!("{part}}}")
                } else {
                    part.to_owned()
                };
                expand(&part, &before, paths);
            }
            part.clear();
        } else {
            part.push(character);
        }
    }
}

/// A path from the crate's root, as if what it begins with were a child of the module.
fn absolute(path: &str, module: &str) -> Vec<String> {
    let mut at: Vec<String> = module.split("::").map(str::to_owned).collect();
    let mut parts = path.split("::").peekable();
    if parts.peek() == Some(&"crate") {
        at.clear();
    }
    while let Some(part) = parts.peek() {
        match *part {
            "crate" | "self" => {}
            "super" => drop(at.pop()),
            _ => break,
        }
        parts.next();
    }
    at.extend(parts.filter(|part| !part.is_empty()).map(str::to_owned));
    at
}

/// The module of the file in which the last name of a path is defined, through whatever passes it on.
fn defining_file(
    files: &BTreeMap<String, Vec<Import>>,
    path: &[String],
    depth: usize,
) -> Option<String> {
    let known = (0..=path.len())
        .rev()
        .find(|length| files.contains_key(&path[..*length].join("::")))?;
    let module = path[..known].join("::");
    let Some(name) = path.get(known) else {
        return (!module.is_empty()).then_some(module);
    };
    let mut passed_on = files[&module].iter().filter(|import| import.is_public);
    match passed_on.find(|import| import.name == *name) {
        Some(import) if depth < 8 => defining_file(files, &import.path, depth + 1),
        // Another crate's, or a name of the prelude.
        None if known == 0 => None,
        _ => Some(module),
    }
}
