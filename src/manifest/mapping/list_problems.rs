//! Why a mapping does not fit a list: columns that the list does not have, and constants that were meant to be its
//! cells.

use super::Mapping;
use super::mapped_column::{MappedColumn, MappedValue};
use crate::job::{Column, SignerColumn};
use crate::manifest::column_name::nearest;
use crate::support::one_line;

/// Each problem with its line in the mapping file.
pub(super) fn problems_with(mapping: &Mapping, headers: &[String]) -> Vec<String> {
    let columns = &mapping.content().columns;
    let names = || columns.iter().flat_map(MappedColumn::names);
    if names().count() > 1 && names().all(|name| !headers.contains(name)) {
        return vec![none_of(mapping, headers)];
    }
    let mut problems = Vec::new();
    let mut are_listed = false;
    for column in columns {
        let source = source_of(mapping, column);
        for text in column_problems(column, &source, headers, &mut are_listed) {
            problems.push(mapping.problem(column.line, &format!("{}: {text}", column.place)));
        }
    }
    problems
}

fn source_of(mapping: &Mapping, column: &MappedColumn) -> String {
    let template = mapping.content().templates.get_template(&column.place);
    template.map_or_else(|_| String::new(), |template| template.source().to_owned())
}

/// Another list's mapping, it seems.
fn none_of(mapping: &Mapping, headers: &[String]) -> String {
    let columns = mapping.content().columns.iter();
    let mut names: Vec<&str> = columns
        .flat_map(MappedColumn::names)
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names.dedup();
    format!(
        "{}: the list has none of the columns that this mapping names ({}). Is it another list's? The list's \
         columns are {}",
        mapping.path().display(),
        one_line(&names.join(", "), 200),
        listed(headers)
    )
}

/// What is wrong with one column of the mapping. The list's columns are listed once.
fn column_problems(
    column: &MappedColumn,
    source: &str,
    headers: &[String],
    are_listed: &mut bool,
) -> Vec<String> {
    if let MappedValue::Constant(text) = &column.value {
        return forgotten_braces(&column.column, text, headers)
            .into_iter()
            .collect();
    }
    let missing: Vec<&String> = column
        .names()
        .iter()
        .filter(|name| !headers.contains(name))
        .collect();
    if missing.is_empty() {
        return Vec::new();
    }
    // `{{ E-Mail }}` is read as E minus Mail.
    let is_meant = |header: &&String| {
        !is_name(header) && !header.is_empty() && source.contains(header.as_str())
    };
    if let Some(header) = headers.iter().find(is_meant) {
        let header = one_line(header, 60);
        return vec![format!(
            "'{header}' can't stand there by itself; write {{{{ row[\"{header}\"] }}}}"
        )];
    }
    let describe = |name: &&String| {
        let shown = one_line(name, 60);
        let near = nearest(name, headers.iter().cloned());
        let hint = match near {
            Some(near) => format!("; did you mean '{near}'?"),
            None if std::mem::replace(are_listed, true) => String::new(),
            None => format!(". Its columns are {}", listed(headers)),
        };
        format!("the list has no column '{shown}'{hint}")
    };
    missing.iter().map(describe).collect()
}

/// A constant that is a column's name, or one in single braces: without its braces it would go to everybody.
fn forgotten_braces(column: &Column, text: &str, headers: &[String]) -> Option<String> {
    let may_be_a_word = matches!(column, Column::Signer(_, SignerColumn::Role));
    let bare = text.trim();
    let inside = bare
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    let is_column = |name: &str| headers.iter().any(|header| header == name.trim());
    let name = match inside {
        Some(inside) if is_column(inside) => inside.trim(),
        None if is_column(bare) && column.is_free_text() && !may_be_a_word => bare,
        _ => return None,
    };
    let cell = match is_name(name) {
        true => format!("{{{{ {name} }}}}"),
        false => format!("{{{{ row[\"{name}\"] }}}}"),
    };
    Some(format!(
        "'{bare}' is a column of the list: write {cell} for its cells, or {{{{ \"{name}\" }}}} for the word \
         itself"
    ))
}

/// Whether a template can name a column by this header alone.
fn is_name(header: &str) -> bool {
    let mut letters = header.chars();
    letters
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_alphanumeric() || letter == '_')
}

fn listed(headers: &[String]) -> String {
    let all: Vec<&str> = headers.iter().map(String::as_str).collect();
    one_line(&all.join(", "), 300)
}
