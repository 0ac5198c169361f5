//! The members of one JSON record read into cells.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::value::RawValue;

use super::json_members::{JsonColumns, MemberMapping, SignerMember};
use super::json_record_value::{Members, RecordValue};
use super::json_value::cell_text;
use super::report_detection::{is_report, missing_columns_if_report};
use super::row::{CellOrigin, RawCell, RawRow};
use super::{ColumnName, Problems};
use crate::job::{Column, SIGNERS, SignerColumn};
use crate::support::one_line;

/// Reads a record's members into cells. What is wrong with its form goes to `problems`, all of
/// it, and the record is then no row.
pub(super) fn read_record(
    number: u64,
    element: RecordValue,
    columns: &mut JsonColumns<'_>,
    problems: &mut Problems,
) -> Option<RawRow<'static>> {
    let mut reader = RecordReader {
        columns,
        problems,
        row: RawRow::new(number, number),
        is_sound: true,
        by_column: HashMap::new(),
    };
    match element {
        RecordValue::Object(members) => reader.record(&members),
        RecordValue::Other(what) => {
            reader.refuse(format!("is {what}, but a record must be an object"));
        }
    }
    reader.is_sound.then_some(reader.row)
}

struct RecordReader<'a, 'b> {
    columns: &'a mut JsonColumns<'b>,
    problems: &'a mut Problems,
    row: RawRow<'static>,
    is_sound: bool,
    /// The member that each column of the report came from.
    by_column: HashMap<String, String>,
}

impl RecordReader<'_, '_> {
    fn record(&mut self, members: &Members) {
        let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        if is_report(&names) || missing_columns_if_report(&names).is_some() {
            return self
                .refuse("this is a report, not a list; give the CSV report to `esign-copy retry`");
        }
        for (member, raw) in members {
            let (meaning, problem) = self.columns.mapping(member);
            self.problems.extend(Some(self.row.number), problem);
            match meaning {
                MemberMapping::Cell(name) => self.cell(name, member, raw),
                MemberMapping::Signers => self.signers(member, raw),
                // Read as what it was meant to be, so that nothing else is said of it.
                MemberMapping::Refused(meant) => {
                    self.row.is_misspelt = true;
                    match meant {
                        Some(name) => self.cell(name, member, raw),
                        None => self.is_sound = false,
                    }
                }
            }
        }
        let mut cells = self.row.cells.iter();
        let is_empty = cells.all(|cell| cell.text.trim().is_empty());
        if self.is_sound && is_empty {
            self.refuse("is empty; delete it");
        }
    }

    /// Only columns of the user's own take arrays and objects.
    fn cell(&mut self, name: ColumnName, member: &str, raw: &RawValue) {
        let takes_nested = matches!(name, ColumnName::Other(_));
        let text = match cell_text(raw, takes_nested) {
            Ok(text) => text,
            Err(problem) => return self.refuse_member(member, &problem),
        };
        let in_report = name.in_report();
        if self.is_duplicate(&in_report, member) {
            return;
        }
        if let Err(problem) = self.columns.add(&in_report) {
            return self.refuse(problem);
        }
        self.row.cells.push(RawCell {
            name: Cow::Owned(name),
            place: Cow::Owned(member.to_owned()),
            text,
            origin: CellOrigin::List,
        });
    }

    fn signer_cell(&mut self, number: u16, member: SignerColumn, path: &str, raw: &RawValue) {
        let name = ColumnName::Known(Column::Signer(number, member));
        self.cell(name, path, raw);
    }

    fn signers(&mut self, member: &str, raw: &RawValue) {
        if self.is_duplicate("signers", member) {
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
                    self.signer_cell(number, column, &path, raw);
                }
                Ok(SignerMember::Merge) => match merge.replace(path.clone()) {
                    Some(first) => self.refuse_duplicates(&first, &path),
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
                self.signer_cell(number, column, &path, &raw);
            }
        }
    }

    fn object(&mut self, path: &str, raw: &RawValue) -> Option<Members> {
        let what = match serde_json::from_str(raw.get()) {
            Ok(RecordValue::Object(members)) => return Some(members),
            Ok(RecordValue::Other(what)) => format!("is {what}; it must be an object"),
            Err(_) => "can't be read: it contains a malformed number or \\u escape".into(),
        };
        self.refuse_member(path, &what);
        None
    }

    /// Whether another member means the same; that refuses the record.
    fn is_duplicate(&mut self, column: &str, member: &str) -> bool {
        let first = self.by_column.insert(column.to_owned(), member.to_owned());
        if let Some(first) = &first {
            self.refuse_duplicates(first, member);
        }
        first.is_some()
    }

    fn refuse_duplicates(&mut self, first: &str, second: &str) {
        let (first, second) = (shown(first), shown(second));
        self.refuse(if first == second {
            format!("there are two members '{first}'; delete one")
        } else {
            format!("the members '{first}' and '{second}' mean the same; remove one")
        });
    }

    fn refuse_member(&mut self, member: &str, problem: &str) {
        self.refuse(format!("{}: {problem}", shown(member)));
    }

    fn refuse(&mut self, problem: impl Into<String>) {
        self.is_sound = false;
        self.problems.add(Some(self.row.number), problem);
    }
}

/// A member's name may hold anything; a problem is one line.
fn shown(member: &str) -> String {
    one_line(member, 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{ReadOptions, UnnumberedHeaderRule};

    fn read(json: &str) -> Result<Vec<String>, Vec<String>> {
        let options = ReadOptions::default();
        let mut columns = JsonColumns::new(&options);
        columns.unnumbered = Some(UnnumberedHeaderRule::Signer);
        let mut problems = Problems::default();
        let element = serde_json::from_str(json).unwrap();
        let row = read_record(1, element, &mut columns, &mut problems);
        let texts = problems.listed().into_iter().map(|one| one.text);
        row.map(|row| {
            let cells = row.cells.iter();
            cells
                .map(|cell| format!("{}={}", cell.name.in_report(), cell.text))
                .collect()
        })
        .ok_or_else(|| texts.collect())
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
    fn every_problem_of_form_is_reported_with_its_member() {
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
                "there are two members 'note'; delete one",
                "version: is an array; it must be text, a number, true or false",
                "the members 'signer_1_email' and 'signers[0].email' mean the same; remove one",
                "signers[0].phone: is not a member of a signer; those are id, email, first_name, \
                 last_name, role, sequence and merge",
                "signers[0].merge.: the merge field has no name",
                "signers[0].merge.A: is an object; it must be text, a number, true or false",
                "signers[1]: is a number; it must be an object",
                "signers[2]: is empty; a signer needs an e-mail address or an id",
            ]
        );
        for (json, expected) in [
            ("{}", "is empty; delete it"),
            (r#"{"title": null, "signers": null}"#, "is empty; delete it"),
            ("[]", "is an array, but a record must be an object"),
            (r#"{"signers": {}}"#, "signers: is not an array of signers"),
        ] {
            assert_eq!(read(json), Err(vec![expected.to_owned()]));
        }
    }
}
