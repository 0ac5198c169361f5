//! The language of the templates: MiniJinja, strict with names, and which columns of a list a template names.

use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, escape_formatter};

use super::cells::ROW;

/// So many steps a template may take for one row.
const FUEL: u64 = 100_000;

/// Where templates are kept: strict with names, and without a markup of their own.
pub(super) fn environment() -> Environment<'static> {
    let mut templates = Environment::new();
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    templates.set_auto_escape_callback(|_| AutoEscape::None);
    templates.set_formatter(|out, state, value| match value.kind() {
        ValueKind::String | ValueKind::Number | ValueKind::Bool => {
            escape_formatter(out, state, value)
        }
        // Strict with names it says which one is missing.
        ValueKind::Undefined => escape_formatter(out, state, value),
        kind => Err(Error::new(
            ErrorKind::InvalidOperation,
            format!("what stands in {{{{ }}}} is no text: it is {kind}"),
        )),
    });
    // It shows what is inside of the program.
    templates.remove_global("debug");
    templates.set_fuel(Some(FUEL));
    templates
}

/// Whether a text is a template, and no constant.
pub(super) fn is_template(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|start| text.contains(start))
}

/// Whether a template says by itself what stands where a cell is empty.
pub(super) fn minds_empty_cells(source: &str) -> bool {
    ["{%", " or ", " if ", "default"]
        .iter()
        .any(|word| source.contains(word))
}

/// The columns that a template names: `Name`, `row.Name`, `row["Name"]`. Names that it works out are not
/// among them.
pub(super) fn named_columns(templates: &Environment<'_>, name: &str, source: &str) -> Vec<String> {
    let Ok(template) = templates.get_template(name) else {
        return Vec::new();
    };
    let is_ours = |name: &String| templates.globals().all(|(global, _)| global != name);
    let mut names: Vec<String> = subscripts(source).collect();
    let without_slices = without_slices(source);
    let without_slices = templates.template_from_str(&without_slices);
    for template in std::iter::once(&template).chain(&without_slices) {
        let top_level = template.undeclared_variables(false).into_iter();
        names.extend(top_level.filter(|name| name != ROW && is_ours(name)));
        let of_row = template.undeclared_variables(true).into_iter();
        names.extend(of_row.filter_map(|name| {
            let rest = name.strip_prefix(ROW)?.strip_prefix('.')?;
            rest.split('.').next().map(str::to_owned)
        }));
    }
    names.sort();
    names.dedup();
    names
}

/// A template whose `[1:]` and the like are left out: of what stands before them, MiniJinja 3.1 says no names.
fn without_slices(source: &str) -> String {
    let mut left = String::new();
    // Where each bracket that is open began, and whether it is a slice's.
    let mut open: Vec<(usize, char, bool)> = Vec::new();
    let mut quote: Option<char> = None;
    let (mut before, mut is_code) = (' ', false);
    for c in source.chars() {
        let at = left.len();
        left.push(c);
        match (c, quote) {
            (_, Some(end)) if c == end && before != '\\' => quote = None,
            (_, Some(_)) => {}
            ('{' | '%', None) if before == '{' => (is_code, open) = (true, Vec::new()),
            ('}', None) if matches!(before, '}' | '%') => is_code = false,
            (_, None) if !is_code => {}
            ('"' | '\'', None) => quote = Some(c),
            ('[' | '(' | '{', None) => open.push((at, c, false)),
            (':', None) => {
                if let Some((_, '[', is_slice)) = open.last_mut() {
                    *is_slice = true;
                }
            }
            (']' | ')' | '}', None) => {
                if let Some((start, _, true)) = open.pop() {
                    left.truncate(start);
                }
            }
            _ => {}
        }
        before = c;
    }
    left
}

/// The texts in `row["..."]` and `row['...']`.
fn subscripts(source: &str) -> impl Iterator<Item = String> {
    source.match_indices(ROW).filter_map(|(at, _)| {
        let inside = source[at + ROW.len()..].trim_start().strip_prefix('[')?;
        let inside = inside.trim_start();
        let quote = inside.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (mut name, mut escaped) = (String::new(), false);
        for c in inside.chars().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                c if c == quote => return Some(name),
                _ => {}
            }
            if !escaped {
                name.push(c);
            }
        }
        None
    })
}

/// An error of a template, for people.
pub(super) fn template_problem(error: &Error) -> String {
    let detail = error.detail();
    match error.kind() {
        ErrorKind::SyntaxError => format!(
            "this is no template: {}",
            detail.unwrap_or("{{ and }} don't match")
        ),
        ErrorKind::UnknownFilter | ErrorKind::UnknownFunction | ErrorKind::UnknownTest => detail
            .unwrap_or("it uses what templates don't have")
            .to_owned(),
        kind => match detail {
            Some(detail) => format!("{kind}: {detail}"),
            None => kind.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_that_a_template_names_are_found() {
        let names = |source: &str| {
            let mut templates = environment();
            templates
                .add_template_owned("t".to_owned(), source.to_owned())
                .unwrap();
            named_columns(&templates, "t", source)
        };
        assert_eq!(names("{{ Name }} {{ row.Unit }}"), ["Name", "Unit"]);
        assert_eq!(names(r#"{{ row["E-Mail"] | lower }}"#), ["E-Mail"]);
        assert_eq!(names(r"{{ row[ 'it\'s' ] }}"), ["it's"]);
        assert_eq!(
            names("{% if Name %}{{ row['a b'] }}{% endif %}"),
            ["Name", "a b"]
        );
        assert_eq!(names("{% set x = Name %}{{ x }}{{ range(2) }}"), ["Name"]);
        assert_eq!(names("it's [1:2] {{ Name[:3] }}"), ["Name"]);
        assert_eq!(
            names(r#"{{ (Name | split)[:-1] | join(" ") }} {{ Unit[From:][0] }}"#),
            ["From", "Name", "Unit"]
        );
        assert_eq!(names(r#"{{ {"[": A, "b": row.B[1:]}["["] }}"#), ["A", "B"]);
    }
}
