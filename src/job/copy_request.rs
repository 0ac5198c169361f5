//! A row's cells read as the copy that they ask for.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;

use super::cell_kind::CellValue;
use super::{Column, Fields, RequestObject, SessionId, SignerColumn, TransactionId};
use crate::support::excerpt;

/// A valid copy to make: what the body of one `POST rest/v1/sessions/copy` says, but for the
/// transaction id's default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyRequest {
    /// The session to copy.
    pub source: SessionId,
    /// The transaction id that the user gave, if any.
    pub transaction_id: Option<TransactionId>,
    /// What the cells of the session's columns say, defaults included. Invites are always said,
    /// because the service's default is to send them.
    pub values: BTreeMap<Column, CellValue>,
    /// The signers, in the order of their numbers.
    pub signers: Vec<Signer>,
}

/// One signer of a copy: what the cells say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signer(pub BTreeMap<SignerColumn, CellValue>);

/// A cell that can't be sent. `text` finishes the sentence "column COLUMN: ...".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// The cell's column.
    pub column: Column,
    /// What is wrong with it.
    pub text: String,
}

impl CopyRequest {
    /// Reads a row's cells as a copy to make.
    ///
    /// # Errors
    /// Every cell that is missing or wrong, not only the first. Limits that depend on today are
    /// not checked here: see [`super::expires_on_problem`].
    pub fn from_fields(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let defaults = Column::defaults();
        let defaults = defaults.filter_map(|(column, text)| {
            let value = column.kind().read(text).ok()?;
            Some((column, value))
        });
        let mut values: BTreeMap<Column, CellValue> = defaults.collect();
        let mut signers: BTreeMap<u16, Signer> = BTreeMap::new();
        let mut problems = Vec::new();
        for (column, text) in fields.iter() {
            match (column.kind().read(text), column) {
                (Ok(value), Column::Signer(number, member)) => {
                    let signer = signers.entry(*number).or_default();
                    signer.0.insert(member.clone(), value);
                }
                (Ok(value), column) => drop(values.insert(column.clone(), value)),
                (Err(reason), column) => {
                    let shown = excerpt(text);
                    problems.push(column.problem(format!("'{shown}' {reason}")));
                }
            }
        }
        problems.extend(missing(fields));
        // A signer's cells one after the other, what is missing behind what is wrong.
        problems.sort_by_key(|problem| match problem.column {
            Column::SourceSessionId => (0, 0),
            Column::Signer(number, _) => (2, number),
            _ => (1, 0),
        });
        let id = |column| fields.text(&column);
        match id(Column::SourceSessionId).map(SessionId::parse) {
            Some(Ok(source)) if problems.is_empty() => Ok(Self {
                source,
                transaction_id: id(Column::TransactionId)
                    .and_then(|text| TransactionId::parse(text).ok()),
                values,
                signers: signers.into_values().collect(),
            }),
            _ => Err(problems),
        }
    }

    /// The title that the copy is to have.
    pub fn title(&self) -> Option<&str> {
        self.values.get(&Column::Title)?.as_text()
    }

    /// The day on which the copy is to expire.
    pub fn expires_on(&self) -> Option<Date> {
        match self.values.get(&Column::ExpiresOn)? {
            CellValue::Day(day) => Some(*day),
            _ => None,
        }
    }

    /// Whether the signers are invited by e-mail.
    pub fn sends_invites(&self) -> bool {
        self.values.get(&Column::SendSignerInvites) == Some(&CellValue::Flag(true))
    }

    /// The members of an object of the request that come from columns, by the service's names.
    pub fn members_of(
        &self,
        object: RequestObject,
    ) -> impl Iterator<Item = (&'static str, &CellValue)> {
        self.values.iter().flat_map(move |(column, value)| {
            let names = column.members_of(object).iter();
            names.map(move |name| (*name, value))
        })
    }
}

/// What no row may lack: its source, and for each signer an id or an address. A row with a name but
/// no address is the commonest slip of a mailing list.
fn missing(fields: &Fields) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    if fields.text(&Column::SourceSessionId).is_none() {
        let text = "is empty; it must name the session to copy";
        problems.push(Column::SourceSessionId.problem(text));
    }
    let mut last = 0;
    for (column, _) in fields.iter() {
        if let Column::Signer(number, _) = *column
            && number != last
        {
            last = number;
            let column = |member| Column::Signer(number, member);
            let is_given = |member| fields.text(&column(member)).is_some();
            if !is_given(SignerColumn::Id) && !is_given(SignerColumn::Email) {
                let text = "is empty; a signer needs an e-mail address or an id";
                problems.push(column(SignerColumn::Email).problem(text));
            }
        }
    }
    problems
}

impl Signer {
    /// The text of a member, if it has one.
    pub fn text(&self, member: &SignerColumn) -> Option<&str> {
        self.0.get(member)?.as_text()
    }

    /// The members that have a name of their own, by the service's names and in its order.
    pub fn members(&self) -> impl Iterator<Item = (&'static str, &CellValue)> {
        let members = SignerColumn::service_names();
        members.filter_map(|(member, name)| Some((name, self.0.get(&member)?)))
    }

    /// The merge fields by their keys.
    pub fn merge_fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|(member, value)| match member {
            SignerColumn::Merge(key) => Some((key.as_str(), value.as_text()?)),
            _ => None,
        })
    }
}

impl FieldProblem {
    /// Several problems as one text; none if there is none.
    pub fn joined(problems: &[Self]) -> Option<String> {
        let texts: Vec<String> = problems.iter().map(Self::to_string).collect();
        (!texts.is_empty()).then(|| texts.join("; "))
    }
}

impl fmt::Display for FieldProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}", self.column, self.text)
    }
}

impl Column {
    /// Something that is wrong with its cell.
    pub fn problem(&self, text: impl Into<String>) -> FieldProblem {
        FieldProblem {
            column: self.clone(),
            text: text.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(cells: &[(&str, &str)]) -> Result<CopyRequest, Vec<FieldProblem>> {
        let mut fields = Fields::default();
        for (name, text) in cells {
            fields.set(name.parse().unwrap(), text);
        }
        CopyRequest::from_fields(&fields)
    }

    const SOURCE: (&str, &str) = ("source_session_id", "3f0c6c1e-0000-4000-8000-000000000001");

    #[test]
    fn defaults_are_the_documented_ones() {
        let request = read(&[SOURCE]).unwrap();
        let value = |column| request.values.get(&column);
        assert_eq!(value(Column::Version), Some(&CellValue::Number(0)));
        assert_eq!(value(Column::RetainFields), Some(&CellValue::Flag(true)));
        assert!(!request.sends_invites());
        assert!(request.signers.is_empty());
    }

    #[test]
    fn every_problem_is_reported_with_its_column() {
        let problems = read(&[
            ("signer_1_email", "ana@"),
            ("signer_2_first_name", "Bo"),
            ("reminder_frequency_days", "31"),
            ("transaction_id", "a/b"),
        ])
        .unwrap_err();
        let columns: Vec<String> = problems.iter().map(|p| p.column.to_string()).collect();
        assert_eq!(
            columns,
            [
                "source_session_id",
                "transaction_id",
                "reminder_frequency_days",
                "signer_1_email",
                "signer_2_email"
            ]
        );
        assert_eq!(problems[3].text, "'ana@' is not an e-mail address");
    }

    #[test]
    fn signers_keep_the_order_of_their_numbers() {
        let request = read(&[
            SOURCE,
            ("signer_10_email", "j@example.com"),
            ("signer_2_id", "S-2"),
            ("signer_2_merge_City", "Oslo"),
        ])
        .unwrap();
        assert_eq!(request.signers[0].text(&SignerColumn::Id), Some("S-2"));
        let merge: Vec<_> = request.signers[0].merge_fields().collect();
        assert_eq!(merge, [("City", "Oslo")]);
        let email = request.signers[1].text(&SignerColumn::Email);
        assert_eq!(email, Some("j@example.com"));
    }
}
