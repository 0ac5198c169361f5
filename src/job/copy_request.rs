use std::collections::BTreeMap;

use jiff::civil::Date;

use super::values::{
    day, email, email_list, expires_on_problem, flag, integer, name, number_among, one_line,
    reminder_days, sequence, web_address,
};
use super::{Column, Fields, RowId, SessionId, SignerColumn, TransactionId};

/// A valid copy to make: what the body of one `POST rest/v1/sessions/copy` says, but for the
/// transaction id's default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyRequest {
    /// The session to copy.
    pub source: SessionId,
    /// The transaction id that the user gave, if any.
    pub transaction_id: Option<TransactionId>,
    /// `Title` and `TransactionTitle`.
    pub title: Option<String>,
    /// `Version`; 0 by default.
    pub version: i32,
    /// `RetainFields`; true by default.
    pub retain_fields: bool,
    /// `SendSignerInvites`; false by default, because the service's default is true.
    pub send_signer_invites: bool,
    /// `Description`.
    pub description: Option<String>,
    /// `CopyTo`.
    pub copy_to: Option<String>,
    /// `ReturnURL`.
    pub return_url: Option<String>,
    /// `ExpiresOn`, sent as the start of that day, UTC.
    pub expires_on: Option<Date>,
    /// `ReminderFrequencyDays`.
    pub reminder_frequency_days: Option<i32>,
    /// `UseSequence`.
    pub use_sequence: Option<i32>,
    /// `AllowDelegation`.
    pub allow_delegation: Option<bool>,
    /// `EmailOptions`.
    pub email_options: Option<i32>,
    /// The signers, in the order of their numbers.
    pub signers: Vec<Signer>,
}

/// One signer of a copy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signer {
    /// `SignerId`.
    pub id: Option<String>,
    /// `EmailAddress`.
    pub email: Option<String>,
    /// `FirstName`.
    pub first_name: Option<String>,
    /// `LastName`.
    pub last_name: Option<String>,
    /// `SignerRole`.
    pub role: Option<String>,
    /// `Sequence`.
    pub sequence: Option<i32>,
    /// `MergeFieldMapping`, by key.
    pub merge: Vec<(String, String)>,
}

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
    /// not judged here: see [`super::expires_on_problem`].
    pub fn from_fields(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut reader = Reader {
            fields,
            problems: Vec::new(),
        };
        let request = reader.request();
        match request {
            Some(request) if reader.problems.is_empty() => Ok(request),
            _ => Err(reader.problems),
        }
    }

    /// Why a row's cells can't be sent, in words: every problem at once. With a day, also what
    /// can't be sent on that day.
    pub fn problem(fields: &Fields, today: Option<Date>) -> Option<String> {
        let problems = Self::from_fields(fields).err().unwrap_or_default();
        let expires_on = fields.text(&Column::ExpiresOn);
        let expires_on = expires_on.and_then(|day| day.parse().ok());
        let late = expires_on
            .zip(today)
            .and_then(|(day, today)| expires_on_problem(day, today))
            .map(|text| FieldProblem {
                column: Column::ExpiresOn,
                text,
            });
        let problems: Vec<String> = problems.iter().chain(&late).map(told).collect();
        (!problems.is_empty()).then(|| problems.join("; "))
    }
}

fn told(problem: &FieldProblem) -> String {
    format!("column {}: {}", problem.column, problem.text)
}

struct Reader<'a> {
    fields: &'a Fields,
    problems: Vec<FieldProblem>,
}

impl Reader<'_> {
    fn request(&mut self) -> Option<CopyRequest> {
        let source = self.required_source();
        self.cell(Column::RowId, |text| with_reason(RowId::parse(text)));
        let transaction_id = self.cell(Column::TransactionId, |text| {
            with_reason(TransactionId::parse(text))
        });
        let version = self.cell(Column::Version, integer);
        let retain_fields = self.cell(Column::RetainFields, flag);
        let send_signer_invites = self.cell(Column::SendSignerInvites, flag);
        let title = self.cell(Column::Title, any_text);
        let description = self.cell(Column::Description, any_text);
        let copy_to = self.cell(Column::CopyTo, email_list);
        let return_url = self.cell(Column::ReturnUrl, web_address);
        let expires_on = self.cell(Column::ExpiresOn, day);
        let reminder_frequency_days = self.cell(Column::ReminderFrequencyDays, reminder_days);
        let use_sequence = self.cell(Column::UseSequence, |text| {
            number_among(
                text,
                &[0, 1, 2],
                "0 (any order), 1 (in order) or 2 (suspended)",
            )
        });
        let allow_delegation = self.cell(Column::AllowDelegation, flag);
        let email_options = self.cell(Column::EmailOptions, |text| {
            number_among(text, &[0, 3], "0 (links) or 3 (attachments)")
        });
        let signers = self.signers();
        Some(CopyRequest {
            source: source?,
            transaction_id,
            title,
            version: version.unwrap_or(0),
            retain_fields: retain_fields.unwrap_or(true),
            send_signer_invites: send_signer_invites.unwrap_or(false),
            description,
            copy_to,
            return_url,
            expires_on,
            reminder_frequency_days,
            use_sequence,
            allow_delegation,
            email_options,
            signers,
        })
    }

    /// A row without a readable source is no request; its other cells are still judged.
    fn required_source(&mut self) -> Option<SessionId> {
        let column = Column::SourceSessionId;
        if self.fields.text(&column).is_none() {
            let text = "is empty; it must name the session to copy".into();
            self.problems.push(FieldProblem { column, text });
            return None;
        }
        self.cell(column, |text| with_reason(SessionId::parse(text)))
    }

    fn signers(&mut self) -> Vec<Signer> {
        let mut cells: BTreeMap<u16, Vec<(SignerColumn, String)>> = BTreeMap::new();
        for (column, text) in self.fields.iter() {
            if let Column::Signer(number, member) = column {
                cells
                    .entry(*number)
                    .or_default()
                    .push((member.clone(), text.to_owned()));
            }
        }
        cells
            .into_iter()
            .map(|(number, cells)| self.signer(number, cells))
            .collect()
    }

    fn signer(&mut self, number: u16, cells: Vec<(SignerColumn, String)>) -> Signer {
        let column = |member| Column::Signer(number, member);
        let signer = Signer {
            id: self.cell(column(SignerColumn::Id), one_line),
            email: self.cell(column(SignerColumn::Email), email),
            first_name: self.cell(column(SignerColumn::FirstName), name),
            last_name: self.cell(column(SignerColumn::LastName), name),
            role: self.cell(column(SignerColumn::Role), one_line),
            sequence: self.cell(column(SignerColumn::Sequence), sequence),
            merge: cells
                .into_iter()
                .filter_map(|(member, text)| match member {
                    SignerColumn::Merge(key) => Some((key, text)),
                    _ => None,
                })
                .collect(),
        };
        self.require_someone(number);
        signer
    }

    /// The service tells signers apart by id or address; a row with a name but no address is
    /// the commonest slip of a mailing list.
    fn require_someone(&mut self, number: u16) {
        let column = |member| Column::Signer(number, member);
        let given = |member| self.fields.text(&column(member)).is_some();
        if !given(SignerColumn::Id) && !given(SignerColumn::Email) {
            let text = "is empty; a signer needs an e-mail address or an id".into();
            self.problems.push(FieldProblem {
                column: column(SignerColumn::Email),
                text,
            });
        }
    }

    fn cell<T>(
        &mut self,
        column: Column,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.fields.text(&column)?;
        match read(text) {
            Ok(value) => Some(value),
            Err(reason) => {
                let shown: String = text.chars().take(60).flat_map(char::escape_debug).collect();
                let text = format!("'{shown}' {reason}");
                self.problems.push(FieldProblem { column, text });
                None
            }
        }
    }
}

fn with_reason<T>(read: Result<T, super::InvalidId>) -> Result<T, String> {
    read.map_err(|error| error.to_string())
}

fn any_text(text: &str) -> Result<String, String> {
    Ok(text.to_owned())
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
        assert_eq!(request.version, 0);
        assert!(request.retain_fields);
        assert!(!request.send_signer_invites);
        assert!(request.signers.is_empty());
    }

    #[test]
    fn every_problem_is_told_with_its_column() {
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
        assert_eq!(request.signers[0].id.as_deref(), Some("S-2"));
        assert_eq!(
            request.signers[0].merge,
            [("City".to_owned(), "Oslo".to_owned())]
        );
        assert_eq!(request.signers[1].email.as_deref(), Some("j@example.com"));
    }
}
