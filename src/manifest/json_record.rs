use std::collections::HashMap;

use serde_json::value::RawValue;

use super::json_columns::{JsonColumns, Meaning, SignerMember, signer_column, signer_path};
use super::json_element::{Element, Members};
use super::json_value::Value;
use super::report_detection::{is_report, lost_columns};
use super::row::RawRow;
use super::{ColumnName, Problems};
use crate::job::{Column, SIGNERS, SignerColumn};
use crate::support::one_line;

/// A record of a JSON manifest before its values are judged.
pub(super) struct JsonRow {
    pub(super) raw: RawRow,
    pub(super) member_names: MemberNames,
    /// Misspelt members refuse it, but its other cells can be judged.
    pub(super) is_misspelt: bool,
}

/// The known columns of a record, each with the member that it came from.
pub(super) struct MemberNames(Vec<(Column, String)>);

impl MemberNames {
    /// What a problem of a column names: `signers[0].email` for a signer's cell, else the member
    /// as the record spells it.
    pub(super) fn member_of(&self, column: &Column) -> String {
        let own = self.0.iter().find(|(known, _)| known == column);
        match (own, column) {
            (Some((_, member)), _) if !is_path(member) => shown(member),
            (None, Column::Signer(number, _)) if self.is_flat(*number) => column.to_string(),
            (_, Column::Signer(number, member)) => signer_path(*number, member),
            _ => column.to_string(),
        }
    }

    /// Whether the record says something of this signer, but outside of `signers`.
    fn is_flat(&self, number: u16) -> bool {
        let mut cells = self.0.iter();
        cells.any(|(column, member)| {
            matches!(column, Column::Signer(one, _) if *one == number) && !is_path(member)
        })
    }
}

fn is_path(member: &str) -> bool {
    member.starts_with("signers[")
}

/// Reads a record's members into cells. What is wrong with its form goes to `problems`, all of
/// it, and the record is then no row.
pub(super) fn read_record(
    number: u64,
    element: Element,
    columns: &mut JsonColumns<'_>,
    problems: &mut Problems,
) -> Option<JsonRow> {
    let mut reader = Reader {
        number,
        columns,
        problems,
        is_sound: true,
        is_misspelt: false,
        cells: Vec::new(),
        member_names: Vec::new(),
        by_column: HashMap::new(),
    };
    match element {
        Element::Object(members) => reader.record(&members),
        Element::Other(what) => reader.refuse(format!("is {what}; a record is an object")),
    }
    let Reader {
        is_sound,
        is_misspelt,
        cells,
        member_names,
        ..
    } = reader;
    let line = number;
    is_sound.then_some(JsonRow {
        raw: RawRow {
            number,
            line,
            cells,
            flaws: Vec::new(),
        },
        member_names: MemberNames(member_names),
        is_misspelt,
    })
}

struct Reader<'a, 'b> {
    number: u64,
    columns: &'a mut JsonColumns<'b>,
    problems: &'a mut Problems,
    is_sound: bool,
    is_misspelt: bool,
    cells: Vec<(ColumnName, String)>,
    member_names: Vec<(Column, String)>,
    /// The member that each column of the report came from.
    by_column: HashMap<String, String>,
}

impl Reader<'_, '_> {
    fn record(&mut self, members: &Members) {
        let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        if is_report(&names) || lost_columns(&names).is_some() {
            return self
                .refuse("this is a report, not a manifest; `esign-copy retry` takes the CSV one");
        }
        for (member, raw) in members {
            match self.columns.meaning(member) {
                Ok(Meaning::Cell(name)) => self.member(name, member, raw),
                Ok(Meaning::Signers) => self.signers(member, raw),
                Ok(Meaning::Told(meant)) => self.misspelt(meant, member, raw),
                Err(problem) => {
                    self.problems.add(Some(self.number), problem);
                    // What it was meant to be is known from now on, if it can be told.
                    let meant = match self.columns.meaning(member) {
                        Ok(Meaning::Told(meant)) => meant,
                        _ => None,
                    };
                    self.misspelt(meant, member, raw);
                }
            }
        }
        let is_empty = self.cells.iter().all(|(_, text)| text.trim().is_empty());
        if self.is_sound && is_empty {
            self.refuse("is empty; delete it");
        }
    }

    /// A member that refuses its record is read as what it was meant to be, so that nothing else is
    /// told of it.
    fn misspelt(&mut self, meant: Option<ColumnName>, member: &str, raw: &RawValue) {
        self.is_misspelt = true;
        match meant {
            Some(name) => self.member(name, member, raw),
            None => self.is_sound = false,
        }
    }

    fn member(&mut self, name: ColumnName, member: &str, raw: &RawValue) {
        let takes_nested = matches!(name, ColumnName::Other(_));
        match Value::read(raw) {
            Ok(Value::Nested(text)) if takes_nested => self.cell(name, member, text),
            value => self.scalar(name, member, value),
        }
    }

    fn scalar(&mut self, name: ColumnName, member: &str, value: Result<Value, String>) {
        match value {
            Ok(Value::Null) => self.cell(name, member, String::new()),
            Ok(Value::Scalar(text)) => self.cell(name, member, text),
            Ok(Value::Nested(text)) => {
                let what = if text.starts_with('[') {
                    "an array"
                } else {
                    "an object"
                };
                self.refuse_member(
                    member,
                    &format!("is {what}; it must be a text, a number, true or false"),
                );
            }
            Err(problem) => self.refuse_member(member, &problem),
        }
    }

    fn signers(&mut self, member: &str, raw: &RawValue) {
        if self.is_twin("signers", member) {
            return;
        }
        let signers = match serde_json::from_str::<Option<Vec<&RawValue>>>(raw.get()) {
            Ok(signers) => signers.unwrap_or_default(),
            Err(_) => return self.refuse_member(member, "is not an array of signers"),
        };
        // As many as a CSV header can number.
        let most = *SIGNERS.end();
        if signers.len() > usize::from(most) {
            return self.refuse_member(member, &format!("has over {most} signers"));
        }
        for (number, signer) in (1..).zip(signers) {
            let path = format!("signers[{}]", number - 1);
            if let Some(members) = self.object(&path, signer) {
                if members.is_empty() {
                    self.refuse_member(
                        &path,
                        "is empty; a signer needs an e-mail address or an id",
                    );
                }
                self.signer(number, &path, &members);
            }
        }
    }

    fn signer(&mut self, number: u16, path: &str, members: &Members) {
        let mut merge = None;
        for (member, raw) in members {
            let path = format!("{path}.{member}");
            match SignerMember::read(member) {
                Ok(SignerMember::Cell(column)) => {
                    self.scalar(signer_column(number, column), &path, Value::read(raw));
                }
                Ok(SignerMember::Merge) => match merge.replace(path.clone()) {
                    Some(first) => self.refuse_twins(&first, &path),
                    None => self.merge_fields(number, &path, raw),
                },
                Err(problem) => self.refuse_member(&path, &problem),
            }
        }
    }

    fn merge_fields(&mut self, number: u16, path: &str, raw: &RawValue) {
        if raw.get() == "null" {
            return;
        }
        for (key, raw) in self.object(path, raw).unwrap_or_default() {
            // As a CSV header: the key without the white space around it.
            let column = SignerColumn::Merge(key.trim().to_owned());
            let path = format!("{path}.{key}");
            if key.trim().is_empty() {
                self.refuse_member(&path, "the merge field has no name");
            } else {
                self.scalar(signer_column(number, column), &path, Value::read(&raw));
            }
        }
    }

    fn object(&mut self, path: &str, raw: &RawValue) -> Option<Members> {
        let what = match serde_json::from_str(raw.get()) {
            Ok(Element::Object(members)) => return Some(members),
            Ok(Element::Other(what)) => format!("is {what}; it must be an object"),
            Err(_) => "can't be read: a number or a \\u escape in it is none".into(),
        };
        self.refuse_member(path, &what);
        None
    }

    fn cell(&mut self, name: ColumnName, member: &str, text: String) {
        let in_report = name.in_report();
        if self.is_twin(&in_report, member) {
            return;
        }
        if let Err(problem) = self.columns.add(&in_report) {
            return self.refuse(problem);
        }
        if let ColumnName::Known(column) = &name {
            self.member_names.push((column.clone(), member.to_owned()));
        }
        self.cells.push((name, text));
    }

    /// Whether another member means the same; that refuses the record.
    fn is_twin(&mut self, column: &str, member: &str) -> bool {
        match self.by_column.insert(column.to_owned(), member.to_owned()) {
            Some(first) => {
                self.refuse_twins(&first, member);
                true
            }
            None => false,
        }
    }

    fn refuse_twins(&mut self, first: &str, second: &str) {
        let (first, second) = (shown(first), shown(second));
        self.refuse(if first == second {
            format!("the member '{first}' stands twice")
        } else {
            format!("the members '{first}' and '{second}' mean the same; remove one")
        });
    }

    fn refuse_member(&mut self, member: &str, problem: &str) {
        self.refuse(format!("{}: {problem}", shown(member)));
    }

    fn refuse(&mut self, problem: impl Into<String>) {
        self.is_sound = false;
        self.problems.add(Some(self.number), problem);
    }
}

/// A member's name may hold anything; a problem is one line.
fn shown(member: &str) -> String {
    one_line(member, 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{ReadOptions, UnnumberedHeaders};

    fn read(json: &str) -> Result<Vec<String>, Vec<String>> {
        let options = ReadOptions::default();
        let mut columns = JsonColumns::new(&options, &|| Ok(UnnumberedHeaders::Signer));
        let mut problems = Problems::default();
        let element = serde_json::from_str(json).unwrap();
        let row = read_record(1, element, &mut columns, &mut problems);
        let told = problems.listed().iter().map(|one| one.text.clone());
        row.map(|row| {
            let cells = row.raw.cells.iter();
            cells
                .map(|(name, text)| format!("{}={text}", name.in_report()))
                .collect()
        })
        .ok_or_else(|| told.collect())
    }

    #[test]
    fn signers_are_flattened_in_the_order_of_their_members() {
        let cells = read(
            r#"{"Title": "Lease", "signers": [
                {"email": "ana@example.com", "merge": {"Unit No": 12, "City": null}},
                {"id": 7, "Sequence": 1.0}
            ], "note": {"b": [1, 2]}, "status": null}"#,
        );
        assert_eq!(
            cells.unwrap(),
            [
                "title=Lease",
                "signer_1_email=ana@example.com",
                "signer_1_merge_Unit No=12",
                "signer_1_merge_City=",
                "signer_2_id=7",
                "signer_2_sequence=1.0",
                "note={\"b\":[1,2]}",
                "input.status=",
            ]
        );
    }

    #[test]
    fn every_problem_of_form_is_told_with_its_member() {
        let problems = read(
            r#"{"title": "a", "Title": "b", "note": 1, "note": 2, "version": [0],
                "signer_1_email": "ana@example.com",
                "signers": [{"email": "bo@example.com", "phone": 1, "merge": {"": 1, "A": {}}}, 7, {}]}"#,
        )
        .unwrap_err();
        assert_eq!(
            problems,
            [
                "the members 'title' and 'Title' mean the same; remove one",
                "the member 'note' stands twice",
                "version: is an array; it must be a text, a number, true or false",
                "the members 'signer_1_email' and 'signers[0].email' mean the same; remove one",
                "signers[0].phone: is no member of a signer; those are id, email, first_name, \
                 last_name, role, sequence and merge",
                "signers[0].merge.: the merge field has no name",
                "signers[0].merge.A: is an object; it must be a text, a number, true or false",
                "signers[1]: is a number; it must be an object",
                "signers[2]: is empty; a signer needs an e-mail address or an id",
            ]
        );
        for (json, expected) in [
            ("{}", "is empty; delete it"),
            (r#"{"title": null, "signers": null}"#, "is empty; delete it"),
            ("[]", "is an array; a record is an object"),
            (r#"{"signers": {}}"#, "signers: is not an array of signers"),
        ] {
            assert_eq!(read(json), Err(vec![expected.to_owned()]));
        }
    }
}
