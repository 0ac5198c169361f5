//! Tables that are good manifests, and what a reader must make of them.

use std::collections::BTreeMap;

use esign_copy::job::{Column, Fields};
use esign_copy::manifest::ColumnName;
use esign_copy::support::is_invisible;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::texts::{any_text, line_text, padded};

/// A header line and rows of as many cells.
#[derive(Debug, Clone)]
pub struct Table {
    pub headers: Vec<String>,
    pub rows: Vec<Vec<String>>,
    /// What the headers mean.
    names: Vec<ColumnName>,
}

/// Known columns as people spell them, with what their cells may hold.
fn known() -> Vec<(&'static str, BoxedStrategy<String>)> {
    let or_nothing = |text: BoxedStrategy<String>| prop_oneof![Just(String::new()), text].boxed();
    let among = |texts: &'static [&'static str]| select(texts).prop_map(str::to_owned).boxed();
    vec![
        ("row_id", or_nothing(padded(line_text()))),
        ("Transaction-ID", or_nothing("[A-Za-z0-9_-]{1,12}".boxed())),
        ("TransactionTitle", padded(any_text())),
        ("description", padded(any_text())),
        ("Version", among(&["", "0", "-1", "7", " 7 "])),
        ("retain fields", among(&["", "true", "No", "1"])),
        ("expires_on", among(&["", "2026-12-01", "2031-02-28"])),
        ("copy_to", among(&["", "a@example.com, B@example.com"])),
        ("signer_1_first_name", or_nothing(padded(line_text()))),
        ("Signer 1 Role", or_nothing(padded(line_text()))),
        ("signer_1_merge_Unit No", padded(any_text())),
        ("signer_1_merge__\"x\", y", padded(any_text())),
        ("SIGNER_2_LAST_NAME", or_nothing(padded(line_text()))),
        ("signer2sequence", among(&["", "0", "3"])),
    ]
}

/// Columns that every table has, so that its rows are good ones.
fn always() -> Vec<(&'static str, BoxedStrategy<String>)> {
    let email = || padded("[a-zA-Z0-9]{1,8}@(example|Sub\\.Example)\\.com".boxed());
    let source = "[0-9a-f]{7}[1-9A-F]-[0-9a-f]{4}-4000-8000-[0-9a-fA-F]{12}";
    vec![
        ("SigningSessionId", padded(source.boxed())),
        ("signer_1_email", email()),
        ("Signer-2-Email", email()),
    ]
}

/// Names that are nearly known ones, or those of a report.
const NEARLY: [&str; 16] = [
    "titel",
    "signer_0_email",
    "signer_1000_role",
    "signer_70000_id",
    "signer_+1_email",
    "signer_1_merge_",
    "signer_1_phone",
    "signer_1_Email_",
    "status",
    "Error",
    "error",
    "row",
    "Row",
    "new_session_id",
    "campaign",
    "a;b,c",
];

fn other_name() -> BoxedStrategy<String> {
    let any_name = any_text().prop_map(|text| text.replace('\u{feff}', "").trim().to_owned());
    let name = prop_oneof![
        select(&NEARLY[..]).prop_map(str::to_owned),
        any_name.prop_filter("a column has a name that can be seen", |name| {
            !name.chars().all(|c| c.is_whitespace() || is_invisible(c))
        }),
    ];
    name.prop_filter("that is a known column", |name| {
        !matches!(ColumnName::read(name, &[]), Ok(ColumnName::Known(_)))
    })
    .boxed()
}

/// A good table with up to so many rows.
pub fn any_table(rows: usize) -> BoxedStrategy<Table> {
    let some_known = subsequence((0..known().len()).collect::<Vec<_>>(), 0..=known().len());
    let others = vec(other_name(), 0..4);
    (some_known, others, any::<prop::sample::Index>())
        .prop_flat_map(move |(chosen, others, turn)| {
            let known = known();
            let mut columns: Vec<(String, BoxedStrategy<String>)> = Vec::new();
            let chosen = chosen.into_iter().map(|index| known[index].clone());
            for (name, cells) in always().into_iter().chain(chosen) {
                columns.push((name.to_owned(), cells));
            }
            for name in others {
                if columns.iter().all(|(one, _)| *one != name) {
                    columns.push((name, any_text()));
                }
            }
            let first = turn.index(columns.len());
            columns.rotate_left(first);
            let (headers, cells): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
            (Just(headers), vec(cells, 0..=rows))
        })
        .prop_map(|(headers, rows)| {
            let read = |header: &String| ColumnName::read(header, &headers).unwrap();
            let names = headers.iter().map(read).collect();
            Table {
                headers,
                rows,
                names,
            }
        })
        .boxed()
}

impl Table {
    /// The headers, so that none is taken for a misspelling.
    pub fn other_columns(&self) -> Vec<String> {
        self.headers.clone()
    }

    /// The columns as a report names them.
    pub fn columns(&self) -> Vec<String> {
        self.names.iter().map(ColumnName::in_report).collect()
    }

    /// The known cells of a row.
    pub fn fields(&self, row: usize) -> Fields {
        let mut fields = Fields::default();
        for (index, text) in self.rows[row].iter().enumerate() {
            if let ColumnName::Known(column) = &self.names[index] {
                fields.set(column.clone(), text);
            }
        }
        fields
    }

    /// The other cells of a row, by their name in the report.
    pub fn other(&self, row: usize) -> BTreeMap<String, String> {
        let cells = self.rows[row].iter().enumerate();
        let other = cells.filter_map(|(index, text)| match &self.names[index] {
            name @ ColumnName::Other(_) if !text.is_empty() => {
                Some((name.in_report(), text.clone()))
            }
            _ => None,
        });
        other.collect()
    }

    /// The same table under other headers, and the mapping that gives them their meaning. A mapping's row ids
    /// may not be empty: where one is, they all are left out.
    pub fn renamed(&self) -> (Self, String) {
        let mut renamed = self.clone();
        let mut mapping = String::new();
        for (index, name) in self.names.iter().enumerate() {
            renamed.headers[index] = format!("c{index}");
            let has_empty = self.rows.iter().any(|row| row[index].trim().is_empty());
            if let ColumnName::Known(column) = name
                && !(has_empty && *column == Column::RowId)
            {
                let key = serde_json::Value::from(column.to_string());
                mapping += &format!("{key} = '{{{{ c{index} }}}}'\n");
            }
        }
        (renamed, mapping)
    }

    /// The rows as JSON objects; with the signers in their array if `nested`.
    pub fn objects(&self, nested: bool) -> Vec<serde_json::Value> {
        let rows = self.rows.iter();
        rows.map(|row| self.object(row, nested)).collect()
    }

    fn object(&self, row: &[String], nested: bool) -> serde_json::Value {
        let mut object = serde_json::Map::new();
        let mut signers = [serde_json::Map::new(), serde_json::Map::new()];
        for (index, text) in row.iter().enumerate() {
            let value = match text.as_str() {
                "" => serde_json::Value::Null,
                text => text.into(),
            };
            match &self.names[index] {
                ColumnName::Known(Column::Signer(number, member)) if nested => {
                    let signer = &mut signers[usize::from(*number) - 1];
                    let name = member.to_string();
                    match name.strip_prefix("merge_") {
                        None => drop(signer.insert(name, value)),
                        Some(key) => {
                            let merge = signer.entry("merge").or_insert_with(|| {
                                serde_json::Value::Object(serde_json::Map::new())
                            });
                            merge[key] = value;
                        }
                    }
                }
                _ => drop(object.insert(self.headers[index].clone(), value)),
            }
        }
        if nested {
            object.insert("signers".into(), signers.to_vec().into());
        }
        object.into()
    }
}
