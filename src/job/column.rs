//! The columns of a manifest whose meaning is known: one table of their names, of what their cells
//! hold, and of where that goes in a request.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::cell_kind::CellKind;
use super::normalised::{is_same_name, is_separator};

/// What a signer's number may be.
pub const SIGNERS: RangeInclusive<u16> = 1..=999;

/// An object of a copy's request that has columns as its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestObject {
    /// `copyOptions`.
    CopyOptions,
    /// `SessionInfo`.
    SessionInfo,
}

/// What is known of a session's column.
struct SessionColumn {
    column: Column,
    name: &'static str,
    kind: CellKind,
    /// The members of the request that have its value, by the service's names.
    members: Option<(RequestObject, &'static [&'static str])>,
    /// What its cells mean, for people.
    meaning: &'static str,
}

/// What is known of a signer's column.
struct NamedMember {
    member: SignerColumn,
    name: &'static str,
    service_name: &'static str,
    kind: CellKind,
    /// What its cells mean, for people.
    meaning: &'static str,
}

macro_rules! session_columns {
    ($(#[doc = $meaning:literal] $column:ident = $name:literal: $kind:expr => $members:expr;)+) => {
        /// A column of the manifest whose meaning is known. Its `Display` is the canonical name.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Column {
            $(#[doc = $meaning] $column,)+
            /// A member of the Nth signer, N from 1.
            Signer(u16, SignerColumn),
        }

        const SESSION_COLUMNS: &[SessionColumn] = {
            use CellKind::{Day, Emails, Flag, RowId, SourceId, Text, TransactionId, WebAddress};
            use RequestObject::{CopyOptions, SessionInfo};
            &[$(SessionColumn {
                column: Column::$column,
                name: $name,
                kind: $kind,
                members: $members,
                meaning: $meaning,
            }),+]
        };
    };
}

// A line for each column: what its cells mean, as `check --help` and the manual say it, its canonical
// name, what its cells hold, where that goes in the request.
session_columns! {
    /// The session to copy; required.
    SourceSessionId = "source_session_id": SourceId => None;
    /// Your own key for the row.
    RowId = "row_id": RowId => None;
    /// The copy's transaction id (A-Z a-z 0-9 _ -); made for you if empty.
    TransactionId = "transaction_id": TransactionId => None;
    /// The copy's title.
    Title = "title": Text => Some((SessionInfo, &["Title", "TransactionTitle"]));
    /// The version to copy; 0 if empty.
    Version = "version": CellKind::INTEGER => Some((CopyOptions, &["Version"]));
    /// Whether the copy keeps what is filled in; true if empty.
    RetainFields = "retain_fields": Flag => Some((CopyOptions, &["RetainFields"]));
    /// Whether the signers are invited by e-mail; false if empty.
    SendSignerInvites = "send_signer_invites": Flag => Some((SessionInfo, &["SendSignerInvites"]));
    /// The message to the signers.
    Description = "description": Text => Some((SessionInfo, &["Description"]));
    /// E-mail addresses to send a copy to (CC), with commas between them.
    CopyTo = "copy_to": Emails => Some((SessionInfo, &["CopyTo"]));
    /// Where a signer's browser goes at the end.
    ReturnUrl = "return_url": WebAddress => Some((SessionInfo, &["ReturnURL"]));
    /// The day (YYYY-MM-DD) on which the copy expires, at its start in UTC.
    ExpiresOn = "expires_on": Day => Some((SessionInfo, &["ExpiresOn"]));
    /// A reminder every N days, 1 to 30.
    ReminderFrequencyDays = "reminder_frequency_days": CellKind::REMINDER_DAYS
        => Some((SessionInfo, &["ReminderFrequencyDays"]));
    /// The signing order: 0 any order, 1 in order, 2 suspended.
    UseSequence = "use_sequence": CellKind::USE_SEQUENCE => Some((SessionInfo, &["UseSequence"]));
    /// Whether a signer may ask somebody else to sign.
    AllowDelegation = "allow_delegation": Flag => Some((SessionInfo, &["AllowDelegation"]));
    /// What the last e-mail contains: 0 links, 3 attachments.
    EmailOptions = "email_options": CellKind::EMAIL_OPTIONS => Some((SessionInfo, &["EmailOptions"]));
}

macro_rules! signer_columns {
    ($(#[doc = $meaning:literal] $member:ident = $name:literal: $kind:expr => $service_name:literal;)+) => {
        /// A member of one signer.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum SignerColumn {
            $(#[doc = $meaning] $member,)+
            /// One entry of `MergeFieldMapping`, by its key.
            Merge(String),
        }

        const SIGNER_COLUMNS: &[NamedMember] = &[$(NamedMember {
            member: SignerColumn::$member,
            name: $name,
            service_name: $service_name,
            kind: $kind,
            meaning: $meaning,
        }),+];
    };
}

// A line for each member with a name, in the order of a request: what its cells mean, as the manual says
// it, our name, what its cells hold, the service's name.
signer_columns! {
    /// The signer's id at the service.
    Id = "id": CellKind::SignerId => "SignerId";
    /// The signer's first name.
    FirstName = "first_name": CellKind::Name => "FirstName";
    /// The signer's last name.
    LastName = "last_name": CellKind::Name => "LastName";
    /// The signer's e-mail address.
    Email = "email": CellKind::Email => "EmailAddress";
    /// The signer's role in the session.
    Role = "role": CellKind::Line => "SignerRole";
    /// The signer's place in the signing order.
    Sequence = "sequence": CellKind::SEQUENCE => "Sequence";
}

impl Column {
    /// The service's own names that differ from ours in more than spelling.
    pub const SERVICE_NAMES: [(Self, &'static str); 2] = [
        (Self::SourceSessionId, "SigningSessionId"),
        (Self::Title, "TransactionTitle"),
    ];

    /// The columns that belong to the session, with their canonical names.
    pub fn of_session() -> impl Iterator<Item = (Self, &'static str)> {
        let all = SESSION_COLUMNS.iter();
        all.map(|one| (one.column.clone(), one.name))
    }

    /// Every column as a manifest names it, a signer's with the number N, and what its cells mean.
    pub fn meanings() -> impl Iterator<Item = (String, &'static str)> {
        let of_session = SESSION_COLUMNS.iter();
        let of_session = of_session.map(|one| (one.name.to_owned(), one.meaning.trim()));
        let of_signer = SIGNER_COLUMNS.iter();
        let of_signer = of_signer.map(|one| (format!("signer_N_{}", one.name), one.meaning.trim()));
        let merge = "The signer's merge field <Field>.";
        let merge = ("signer_N_merge_<Field>".to_owned(), merge);
        of_session.chain(of_signer).chain([merge])
    }

    /// Reads a header without regard to case, spaces, `-` and `_`, by our names and the service's.
    pub fn of_header(header: &str) -> Option<Self> {
        let names = Self::of_session().chain(Self::SERVICE_NAMES);
        named_so(names, header).or_else(|| signer_column(header))
    }

    /// The number of the signer whose column it is.
    pub fn signer_number(&self) -> Option<u16> {
        match self {
            Self::Signer(number, _) => Some(*number),
            _ => None,
        }
    }

    /// A member of a signer whose number is possible.
    fn of_signer(number: u16, member: SignerColumn) -> Option<Self> {
        let column = Self::Signer(number, member);
        SIGNERS.contains(&number).then_some(column)
    }

    /// The columns whose absent cells stand for a value, with that.
    pub fn defaults() -> impl Iterator<Item = (Self, &'static str)> {
        let (no_invites, retained) = (
            (Self::SendSignerInvites, "false"),
            (Self::RetainFields, "true"),
        );
        [(Self::Version, "0"), retained, no_invites].into_iter()
    }

    /// Names, titles, e-mail addresses, merge fields and descriptions.
    pub fn is_free_text(&self) -> bool {
        use CellKind::{Email, Emails, Name, Text};
        matches!(self.kind(), Email | Emails | Name | Text)
    }

    /// Whether a line break in a cell is always a slip of the file.
    pub fn is_id_or_address(&self) -> bool {
        use CellKind::{Email, Emails, RowId, SignerId, SourceId, TransactionId};
        let is_id = matches!(self.kind(), RowId | SignerId | SourceId | TransactionId);
        is_id || matches!(self.kind(), Email | Emails)
    }

    /// What its cells hold.
    pub(super) fn kind(&self) -> CellKind {
        match self {
            Self::Signer(_, SignerColumn::Merge(_)) => CellKind::Text,
            Self::Signer(_, member) => member.definition().kind,
            _ => self.definition().kind,
        }
    }

    /// The members of an object of the request that have its value.
    pub(super) fn members_of(&self, object: RequestObject) -> &'static [&'static str] {
        let is_signer = matches!(self, Self::Signer(..));
        match (!is_signer).then(|| self.definition().members).flatten() {
            Some((one, names)) if one == object => names,
            _ => &[],
        }
    }

    /// The spelling of a cell under which equal values are equal.
    pub(super) fn canonical_value(&self, text: &str) -> String {
        self.kind().canonical(text)
    }

    fn definition(&self) -> &'static SessionColumn {
        let found = SESSION_COLUMNS.iter().find(|one| one.column == *self);
        found.expect("every column that is no signer's is in the table")
    }
}

impl SignerColumn {
    /// The members of a signer that have a name of their own, with that name.
    pub fn named() -> impl Iterator<Item = (Self, &'static str)> {
        let all = SIGNER_COLUMNS.iter();
        all.map(|one| (one.member.clone(), one.name))
    }

    /// The same members, as the service calls them.
    pub(super) fn service_names() -> impl Iterator<Item = (Self, &'static str)> {
        let all = SIGNER_COLUMNS.iter();
        all.map(|one| (one.member.clone(), one.service_name))
    }

    /// The headers under which the only signer of a row may stand: the service's names, and those
    /// of ours that are not every table's.
    pub fn unnumbered_names() -> impl Iterator<Item = (Self, &'static str)> {
        let ours = Self::named().filter(|(member, _)| *member != Self::Id);
        Self::service_names().chain(ours)
    }

    /// What such a header means, in any spelling.
    pub fn of_unnumbered(header: &str) -> Option<Self> {
        named_so(Self::unnumbered_names(), header)
    }

    /// The member of this name, in any spelling.
    pub fn of_name(name: &str) -> Option<Self> {
        named_so(Self::named(), name)
    }

    fn definition(&self) -> &'static NamedMember {
        let found = SIGNER_COLUMNS.iter().find(|one| one.member == *self);
        found.expect("every member but a merge field is in the table")
    }
}

/// What has a name, in any spelling.
fn named_so<T>(mut all: impl Iterator<Item = (T, &'static str)>, name: &str) -> Option<T> {
    let found = all.find(|(_, one)| is_same_name(one, name));
    found.map(|(one, _)| one)
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signer(number, member) => write!(f, "signer_{number}_{member}"),
            column => f.write_str(column.definition().name),
        }
    }
}

impl fmt::Display for SignerColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Merge(key) => write!(f, "merge_{key}"),
            member => f.write_str(member.definition().name),
        }
    }
}

/// The text is not the canonical name of a known column.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not the name of a known column")]
pub struct UnknownColumn(String);

impl FromStr for Column {
    type Err = UnknownColumn;

    /// Only what `Display` writes: `signer_+1_email` is a column of the user's own.
    fn from_str(name: &str) -> Result<Self, UnknownColumn> {
        let of_session = SESSION_COLUMNS.iter().find(|one| one.name == name);
        let of_session = of_session.map(|one| one.column.clone());
        of_session
            .or_else(|| merge_column(name))
            .or_else(|| signer_column(name))
            .filter(|column| column.to_string() == name)
            .ok_or_else(|| UnknownColumn(name.to_owned()))
    }
}

/// A merge field whose key is taken as it stands, white space included.
fn merge_column(name: &str) -> Option<Column> {
    let (number, key) = name.strip_prefix("signer_")?.split_once("_merge_")?;
    let member = SignerColumn::Merge(key.to_owned());
    let column = Column::of_signer(number.parse().ok()?, member);
    column.filter(|_| !key.is_empty())
}

/// A numbered signer's column, in any spelling.
fn signer_column(header: &str) -> Option<Column> {
    let (number, rest) = signer_number(header)?;
    let merge = merge_key(rest).map(|key| SignerColumn::Merge(key.to_owned()));
    Column::of_signer(number?, merge.or_else(|| SignerColumn::of_name(rest))?)
}

/// Splits `signer_12_email` into its number and the rest; the number is `None` if it is no u16.
pub fn signer_number(header: &str) -> Option<(Option<u16>, &str)> {
    let rest = after_word(header, "signer")?.trim_start_matches(is_separator);
    let end = rest.find(|c: char| !c.is_ascii_digit());
    let (number, rest) = rest.split_at(end.unwrap_or(rest.len()));
    (!number.is_empty()).then(|| (number.parse().ok(), rest))
}

/// The key of a merge field keeps its case and spelling: the service distinguishes keys by them.
fn merge_key(rest: &str) -> Option<&str> {
    let rest = after_word(rest.trim_start_matches(is_separator), "merge")?;
    let key = rest.strip_prefix(is_separator)?.trim();
    (!key.is_empty()).then_some(key)
}

fn after_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (start, rest) = text.trim_start().split_at_checked(word.len())?;
    start.eq_ignore_ascii_case(word).then_some(rest)
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
