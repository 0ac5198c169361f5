//! Mapping files, and what they make of rows.

use std::path::Path;

use super::{FilledCell, ListMapping, Mapping};

const MAPPING: &str = r#"
source_session_id = "3f0c6c1e-0000-4000-8000-000000000001"
title = "Mietvertrag {{ Wohnung }}"
send_signer_invites = false
expires_on = 2027-01-31

[[signers]]
email = '{{ row["E-Mail-Adresse"] }}'
last_name = "{{ Nachname | trim }}"
role = "Mieter"
merge.Wohnung = "{{ Wohnung }}"

[[signers]]
optional = true
email = "{{ Zweite }}"
role = "Mitmieter"

[[signers]]
email = "office@example.com"
role = "Vermieter"
"#;

fn mapping(text: &str) -> Result<Mapping, String> {
    Mapping::parse(Path::new("m.toml"), text).map_err(|error| error.to_string())
}

/// Column, text and taken cells of each cell.
fn filled(text: &str, headers: &[&str], values: &[&str]) -> Result<Vec<String>, String> {
    let mapping = mapping(text).unwrap();
    let headers = headers.iter().map(|header| (*header).to_owned());
    let list = ListMapping::new(&mapping, headers.collect());
    let list = list.map_err(|problems| problems.join("\n"))?;
    let cells = list.fill(values.iter().map(|value| (*value).to_owned()).collect());
    let cells = cells.map_err(|problems| problems.join("\n"))?;
    let cells = cells.iter();
    Ok(cells
        .map(|FilledCell { cell, .. }| {
            let taken = cell.taken.as_deref().unwrap_or("constant");
            format!("{}={}|{taken}", cell.column, cell.text)
        })
        .collect())
}

#[test]
fn templates_fill_the_known_columns() {
    let headers = ["Nachname", "E-Mail-Adresse", "Wohnung", "Zweite"];
    let cells = filled(
        MAPPING,
        &headers,
        &[" Meier ", "ana@example.com", "A101", ""],
    )
    .unwrap();
    let expected = [
        "source_session_id=3f0c6c1e-0000-4000-8000-000000000001|constant",
        "title=Mietvertrag A101|A101",
        "send_signer_invites=false|constant",
        "expires_on=2027-01-31|constant",
        "signer_1_email=ana@example.com|ana@example.com",
        "signer_1_last_name=Meier|Meier",
        "signer_1_role=Mieter|constant",
        "signer_1_merge_Wohnung=A101|A101",
        "signer_3_email=office@example.com|constant",
        "signer_3_role=Vermieter|constant",
    ];
    assert_eq!(cells, expected);
}

/// Neither a constant nor the name or the place of a column counts.
#[test]
fn the_cells_taken_are_the_identity() {
    let identity = |text: &str, headers: &[&str], values: &[&str]| {
        let cells = filled(text, headers, values).unwrap();
        cells[0].split('|').next_back().unwrap().to_owned()
    };
    let one = identity(
        r#"title = "Lease {{ A }} of {{ B }}""#,
        &["A", "B"],
        &["1", "2"],
    );
    let other = identity(
        r#"title = "{{ Unit }}, {{ row['Of what'] }}""#,
        &["Of what", "Unit"],
        &["2", "1"],
    );
    assert_eq!(one, other);
    assert_eq!(one, "1\u{1f}2");
    assert_eq!(identity(r#"title = "{{ A }}""#, &["A"], &["x"]), "x");
    assert_eq!(identity(r#"title = "Lease {{ A }}""#, &["A"], &[""]), "");
}

#[test]
fn what_is_wrong_with_a_mapping_has_its_line() {
    for (text, problem) in [
        (
            "titel = 'x'",
            "m.toml:1: 'titel' is no column to fill; did you mean title?",
        ),
        (
            "\ncolour = 'x'",
            "m.toml:2: 'colour' is no column to fill. The names are source_session_id,",
        ),
        (
            "[[signers]]\nemial = 'x'",
            "m.toml:2: signers[0].emial: looks like a misspelling of email",
        ),
        ("signers = 3", "m.toml:1: signers must be a list"),
        ("title = ['x']", "m.toml:1: title: is of the type array"),
        ("title = '{{ x'", "m.toml:1: title: this is no template"),
        (
            "email = 'a@example.com'",
            "m.toml:1: 'email' is a signer's; write it below",
        ),
        (
            "[[signers]]\nrole = 'x'",
            "m.toml:1: signers[0]: a signer needs email or id",
        ),
        (
            "title = 'a'\nTitle = 'b'",
            "m.toml:2: Title: line 1 already has this column",
        ),
        ("\nversion = 'x'", "m.toml:2: version: "),
        ("title = ''", "m.toml:1: title: is empty"),
        (
            "row_id = '7'",
            "m.toml:1: row_id: rows can't share one row id",
        ),
        (
            "title = 1\ntitle = 2",
            "m.toml:2: duplicate key: 'title = 2'",
        ),
    ] {
        let refused = mapping(text).unwrap_err();
        assert!(refused.contains(problem), "{text}: {refused}");
    }
}

#[test]
fn a_column_that_the_list_lacks_has_a_name_and_a_line() {
    for text in [
        "\ntitle = '{{ Name }}'",
        "\ntitle = '{{ row.Name }}'",
        "\ntitle = '{{ row[\"Name\"] | default(1) }}'",
    ] {
        let refused = filled(text, &["name"], &["x"]).unwrap_err();
        let expected = "m.toml:2: title: the list has no column 'Name'; did you mean 'name'?";
        assert_eq!(refused, expected);
    }
    let refused = filled("title = '{{ row[\"a\" ~ \"b\"] }}'", &["a"], &["x"]).unwrap_err();
    assert_eq!(refused, "m.toml:1: title: the list has no column 'ab'");
    let refused = filled("title = '''\n\n{{ a | nofilter }}'''", &["a"], &["x"]).unwrap_err();
    assert!(refused.starts_with("m.toml:2: title: "), "{refused}");
}
