use std::fmt;
use std::str::FromStr;

use super::normalised::normalised;

/// A column of the manifest whose meaning is known. Its `Display` is the canonical name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// The session to copy.
    SourceSessionId,
    /// The user's own key for the row.
    RowId,
    /// The transaction id given to the copy.
    TransactionId,
    /// Sent as `Title` and as `TransactionTitle`.
    Title,
    /// Copy option `Version`.
    Version,
    /// Copy option `RetainFields`.
    RetainFields,
    /// `SessionInfo.SendSignerInvites`, always sent.
    SendSignerInvites,
    /// `SessionInfo.Description`: the message to the signers.
    Description,
    /// `SessionInfo.CopyTo`: CC addresses, comma separated.
    CopyTo,
    /// `SessionInfo.ReturnURL`.
    ReturnUrl,
    /// `SessionInfo.ExpiresOn`, a day.
    ExpiresOn,
    /// `SessionInfo.ReminderFrequencyDays`.
    ReminderFrequencyDays,
    /// `SessionInfo.UseSequence`.
    UseSequence,
    /// `SessionInfo.AllowDelegation`.
    AllowDelegation,
    /// `SessionInfo.EmailOptions`.
    EmailOptions,
    /// A member of the Nth signer, N from 1.
    Signer(u16, SignerColumn),
}

/// A member of one signer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SignerColumn {
    /// `SignerId`.
    Id,
    /// `EmailAddress`.
    Email,
    /// `FirstName`.
    FirstName,
    /// `LastName`.
    LastName,
    /// `SignerRole`.
    Role,
    /// `Sequence`.
    Sequence,
    /// One entry of `MergeFieldMapping`, by its key.
    Merge(String),
}

const SESSION_COLUMNS: [(Column, &str); 15] = [
    (Column::SourceSessionId, "source_session_id"),
    (Column::RowId, "row_id"),
    (Column::TransactionId, "transaction_id"),
    (Column::Title, "title"),
    (Column::Version, "version"),
    (Column::RetainFields, "retain_fields"),
    (Column::SendSignerInvites, "send_signer_invites"),
    (Column::Description, "description"),
    (Column::CopyTo, "copy_to"),
    (Column::ReturnUrl, "return_url"),
    (Column::ExpiresOn, "expires_on"),
    (Column::ReminderFrequencyDays, "reminder_frequency_days"),
    (Column::UseSequence, "use_sequence"),
    (Column::AllowDelegation, "allow_delegation"),
    (Column::EmailOptions, "email_options"),
];

const SIGNER_COLUMNS: [(SignerColumn, &str); 6] = [
    (SignerColumn::Id, "id"),
    (SignerColumn::Email, "email"),
    (SignerColumn::FirstName, "first_name"),
    (SignerColumn::LastName, "last_name"),
    (SignerColumn::Role, "role"),
    (SignerColumn::Sequence, "sequence"),
];

/// The only signer of a row, as the service calls its members and as people do.
const UNNUMBERED_SIGNER: [(SignerColumn, &str); 10] = [
    (SignerColumn::Email, "EmailAddress"),
    (SignerColumn::FirstName, "FirstName"),
    (SignerColumn::LastName, "LastName"),
    (SignerColumn::Role, "SignerRole"),
    (SignerColumn::Id, "SignerId"),
    (SignerColumn::Sequence, "Sequence"),
    (SignerColumn::Email, "email"),
    (SignerColumn::FirstName, "first_name"),
    (SignerColumn::LastName, "last_name"),
    (SignerColumn::Role, "role"),
];

impl Column {
    /// The service's own names that differ from ours in more than spelling.
    pub const SERVICE_NAMES: [(&'static str, Self); 2] = [
        ("SigningSessionId", Self::SourceSessionId),
        ("TransactionTitle", Self::Title),
    ];

    /// The columns that belong to the session, with their canonical names.
    pub fn of_session() -> impl Iterator<Item = (Self, &'static str)> {
        SESSION_COLUMNS.into_iter()
    }

    /// The value that an absent cell stands for, where the product fills one in.
    pub fn default_value(&self) -> Option<&'static str> {
        match self {
            Self::Version => Some("0"),
            Self::RetainFields => Some("true"),
            Self::SendSignerInvites => Some("false"),
            _ => None,
        }
    }
}

impl SignerColumn {
    /// The members of a signer that have a name of their own, with that name.
    pub fn named() -> impl Iterator<Item = (Self, &'static str)> {
        SIGNER_COLUMNS.into_iter()
    }

    /// The headers under which the only signer of a row may stand.
    pub fn unnumbered_names() -> impl Iterator<Item = (Self, &'static str)> {
        UNNUMBERED_SIGNER.into_iter()
    }

    /// What such a header means, in any spelling.
    pub fn of_unnumbered(header: &str) -> Option<Self> {
        let plain = normalised(header);
        let mut names = Self::unnumbered_names();
        let found = names.find(|(_, name)| normalised(name) == plain);
        found.map(|(member, _)| member)
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Signer(number, member) = self {
            return write!(f, "signer_{number}_{member}");
        }
        let name = SESSION_COLUMNS.iter().find(|(column, _)| column == self);
        f.write_str(
            name.expect("every column that is no signer's is in the table")
                .1,
        )
    }
}

impl fmt::Display for SignerColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Merge(key) = self {
            return write!(f, "merge_{key}");
        }
        let name = SIGNER_COLUMNS.iter().find(|(column, _)| column == self);
        f.write_str(
            name.expect("every member but a merge field is in the table")
                .1,
        )
    }
}

/// The text is not the canonical name of a known column.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not the name of a known column")]
pub struct UnknownColumn(String);

impl FromStr for Column {
    type Err = UnknownColumn;

    fn from_str(name: &str) -> Result<Self, UnknownColumn> {
        signer_column(name)
            .or_else(|| {
                let known = SESSION_COLUMNS.iter().find(|(_, known)| *known == name);
                known.map(|(column, _)| column.clone())
            })
            .ok_or_else(|| UnknownColumn(name.to_owned()))
    }
}

fn signer_column(name: &str) -> Option<Column> {
    let (number, member) = name.strip_prefix("signer_")?.split_once('_')?;
    let member = match member.strip_prefix("merge_") {
        Some(key) => SignerColumn::Merge(key.to_owned()),
        None => SIGNER_COLUMNS
            .iter()
            .find(|(_, known)| *known == member)?
            .0
            .clone(),
    };
    let column = Column::Signer(number.parse().ok()?, member);
    // Only what `Display` writes: `signer_+1_email` is a column of the user's own.
    is_possible(&column)
        .then_some(column)
        .filter(|column| column.to_string() == name)
}

/// Signers are numbered from 1 to 999, and a merge field has a name.
fn is_possible(column: &Column) -> bool {
    match column {
        Column::Signer(_, SignerColumn::Merge(key)) if key.is_empty() => false,
        Column::Signer(number, _) => (1..=999).contains(number),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_canonical_name_is_read_back() {
        let mut columns: Vec<Column> = Column::of_session().map(|(column, _)| column).collect();
        columns.extend(SignerColumn::named().map(|(member, _)| Column::Signer(12, member)));
        columns.push(Column::Signer(1, SignerColumn::Merge("Unit_No".into())));
        for column in columns {
            assert_eq!(column.to_string().parse::<Column>().unwrap(), column);
        }
        for other in [
            "signer_1_phone",
            "signer_0_email",
            "signer_1000_email",
            "signer_+1_email",
            "signer_01_email",
            "signer_1_merge_",
        ] {
            assert!(other.parse::<Column>().is_err(), "{other}");
        }
    }
}
