//! What the cells of a column hold: which texts are taken, as what value, and how it is spelt one way.

use std::str::FromStr;

use email_address::{EmailAddress, Options};
use jiff::civil::Date;

use super::{RowId, SessionId, TransactionId};

/// `ExpiresOn` is at most this many days ahead, and at least one (`docs/service.md`, #26).
pub const EXPIRES_DAYS_AHEAD: std::ops::RangeInclusive<i32> = 1..=90;

/// Signers' names have at most this many characters (`docs/service.md`, "The copy request").
const NAME_CHARACTERS: usize = 100;

/// What a cell says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellValue {
    /// A text, as it was typed.
    Text(String),
    /// A whole number.
    Number(i32),
    /// Yes or no.
    Flag(bool),
    /// A day.
    Day(Date),
}

impl CellValue {
    /// The text, if it is one.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl From<&str> for CellValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// What the cells of a column hold.
#[derive(Debug, Clone, Copy)]
pub(super) enum CellKind {
    /// The id of a session.
    SourceId,
    /// The user's own key.
    RowId,
    /// A transaction id.
    TransactionId,
    /// A signer's id, which is mostly a GUID.
    SignerId,
    /// Any text.
    Text,
    /// The name of a person.
    Name,
    /// A text without line breaks.
    Line,
    /// An e-mail address.
    Email,
    /// E-mail addresses with commas between.
    Emails,
    /// A URL.
    WebAddress,
    /// A day, as `YYYY-MM-DD`.
    Day,
    /// Yes or no.
    Flag,
    /// A whole number that passes the test; finishes the sentence "is not ...".
    Number(fn(&i32) -> bool, &'static str),
}

impl CellKind {
    /// Any whole number.
    pub(super) const INTEGER: Self = Self::Number(|_| true, "a whole number");
    /// The service changes larger numbers to 30 by itself (`docs/service.md`, #27).
    pub(super) const REMINDER_DAYS: Self = Self::Number(
        |days| (1..=30).contains(days),
        "a number of days from 1 to 30",
    );
    /// A place among the signers.
    pub(super) const SEQUENCE: Self = Self::Number(
        |place| *place >= 0,
        "a place in the signing order (0, 1, 2, ...)",
    );
    /// The numbers that the service documents.
    pub(super) const USE_SEQUENCE: Self = Self::Number(
        |number| (0..=2).contains(number),
        "0 (any order), 1 (in order) or 2 (suspended)",
    );
    /// The numbers that the service documents.
    pub(super) const EMAIL_OPTIONS: Self = Self::Number(
        |number| [0, 3].contains(number),
        "0 (links) or 3 (attachments)",
    );

    /// Reads a cell.
    ///
    /// # Errors
    /// Why the text is none of this kind. Finishes the sentence "'TEXT' ...".
    pub(super) fn read(self, text: &str) -> Result<CellValue, String> {
        let reason = |error: super::InvalidId| error.to_string();
        match self {
            Self::SourceId => SessionId::parse(text).map(drop).map_err(reason),
            Self::RowId => RowId::parse(text).map(drop).map_err(reason),
            Self::TransactionId => TransactionId::parse(text).map(drop).map_err(reason),
            Self::Text => Ok(()),
            Self::Name => name(text),
            Self::Line | Self::SignerId => one_line(text),
            Self::Email => email(text),
            Self::Emails => email_list(text),
            Self::WebAddress => web_address(text),
            Self::Day => return day(text).map(CellValue::Day),
            Self::Flag => return flag(text).map(CellValue::Flag),
            Self::Number(is_allowed, meaning) => {
                let number = text.parse().ok().filter(is_allowed);
                let number = number.ok_or_else(|| format!("is not {meaning}"));
                return number.map(CellValue::Number);
            }
        }
        .map(|()| text.into())
    }

    /// The spelling under which equal values are equal: trimmed, GUIDs and e-mails in lower case,
    /// yes/no and numbers written one way. A value that is not valid stays as typed.
    pub(super) fn canonical(self, text: &str) -> String {
        let text = text.trim();
        let canonical = match self {
            Self::SourceId | Self::SignerId => SessionId::parse(text).ok().map(|id| id.to_string()),
            Self::Email | Self::Emails => Some(text.to_lowercase()),
            Self::Flag => flag(text).ok().map(|flag| flag.to_string()),
            Self::Number(..) => text.parse::<i32>().ok().map(|number| number.to_string()),
            _ => None,
        };
        canonical.unwrap_or_else(|| text.to_owned())
    }

    /// Whether the text is only the spelling of a value.
    pub(super) fn has_canonical_form(self) -> bool {
        matches!(self, Self::Flag | Self::Number(..))
    }
}

/// Reads yes or no as spreadsheets and people write them.
fn flag(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Ok(true),
        "false" | "no" | "0" => Ok(false),
        _ => Err(format!("is not true or false; write {}", meant_flag(text))),
    }
}

/// What to write for a yes or no of another language or program. It is only said, never taken: nobody
/// is invited by a guess.
fn meant_flag(text: &str) -> &'static str {
    const YES: &str = " wahr vrai verdadero verdadeiro vero waar sand sant prawda tosi ja oui si sí sì sim da \
        tak kyllä y t x on ok ✓ ✔ ☑ ";
    const NO: &str = " falsch faux falso onwaar falsk falskt fałsz epätosi nein non no não nao nee nej nei net \
        nie ei n f off ";
    let is_among = |words: &str| {
        let text = text.trim().to_lowercase();
        words.split_whitespace().any(|word| word == text)
    };
    match (is_among(YES), is_among(NO)) {
        (true, _) => "true",
        (_, true) => "false",
        _ => "true or false",
    }
}

/// Whether the text is an e-mail address that can be mailed.
pub fn is_email(text: &str) -> bool {
    email(text).is_ok()
}

fn email(text: &str) -> Result<(), String> {
    let options = Options::default()
        .with_required_tld()
        .without_domain_literal()
        .without_display_text();
    match EmailAddress::parse_with_options(text, options) {
        Ok(_) if !text.contains(char::is_whitespace) => Ok(()),
        _ => Err("is not an e-mail address".into()),
    }
}

/// CC addresses, comma separated (`docs/service.md`, `CopyTo`).
fn email_list(text: &str) -> Result<(), String> {
    match text.split(',').map(str::trim).find(|one| !is_email(one)) {
        None => Ok(()),
        Some(other) => Err(format!(
            "is not a list of e-mail addresses separated by commas: '{other}' is not one"
        )),
    }
}

fn web_address(text: &str) -> Result<(), String> {
    match url::Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "https" | "http") => Ok(()),
        _ => Err("is not a web address (https://...)".into()),
    }
}

fn name(text: &str) -> Result<(), String> {
    if text.chars().count() > NAME_CHARACTERS {
        return Err(format!("has more than {NAME_CHARACTERS} characters"));
    }
    one_line(text)
}

/// For ids, roles and names, where a line break is always a slip of the file.
fn one_line(text: &str) -> Result<(), String> {
    match text.chars().any(char::is_control) {
        true => Err("contains a line break or control character".into()),
        false => Ok(()),
    }
}

fn day(text: &str) -> Result<Date, String> {
    let is_plain_day = text.len() == 10;
    let date = Date::from_str(text).ok().filter(|_| is_plain_day);
    date.ok_or_else(|| "is not a date written YYYY-MM-DD".into())
}

/// What is wrong with a day of expiry for a row that is sent today; `None` if nothing is.
pub fn expires_on_problem(expires_on: Date, today: Date) -> Option<String> {
    let days = today
        .until(expires_on)
        .map_or(i32::MAX, |span| span.get_days());
    let (least, most) = (EXPIRES_DAYS_AHEAD.start(), EXPIRES_DAYS_AHEAD.end());
    (!EXPIRES_DAYS_AHEAD.contains(&days))
        .then(|| format!("'{expires_on}' is not {least} to {most} days after today, {today}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_cannot_be_mailed_are_distinguished_from_those_that_can() {
        for good in [
            "ana@example.com",
            "o'hara+x@sub.example.co",
            "jürgen@example.de",
        ] {
            let address = CellValue::Text(good.to_owned());
            assert_eq!(CellKind::Email.read(good), Ok(address));
        }
        for bad in [
            "ana@",
            "@example.com",
            "ana",
            "ana@example",
            "a b@example.com",
            "a@b@c.de",
        ] {
            assert!(email(bad).is_err(), "{bad}");
        }
        for bad in [
            "Ana <ana@example.com>",
            "ana@[127.0.0.1]",
            "ana@example.com;bo@example.com",
        ] {
            assert!(email(bad).is_err(), "{bad}");
        }
        assert!(email_list("ana@example.com, bo@example.com").is_ok());
        assert!(email_list("ana@example.com,").is_err());
    }

    #[test]
    fn an_expiry_is_one_to_ninety_days_ahead() {
        let today = Date::from_str("2026-11-23").unwrap();
        let problem = |day: &str| expires_on_problem(Date::from_str(day).unwrap(), today);
        assert_eq!(problem("2026-11-24"), None);
        assert_eq!(problem("2027-02-21"), None);
        assert!(problem("2027-02-22").is_some());
        assert!(problem("2026-11-23").is_some());
        assert!(problem("2025-01-01").is_some());
    }

    #[test]
    fn a_yes_or_no_of_another_language_is_refused_with_what_to_write() {
        for (text, word) in [
            ("WAHR", "true"),
            ("Ja", "true"),
            ("x", "true"),
            ("VRAI", "true"),
            ("FALSCH", "false"),
            ("nein", "false"),
            ("FAUX", "false"),
            ("perhaps", "true or false"),
        ] {
            let refusal = format!("is not true or false; write {word}");
            assert_eq!(flag(text), Err(refusal), "{text}");
        }
        assert_eq!((flag("TRUE"), flag("No")), (Ok(true), Ok(false)));
    }

    #[test]
    fn days_are_written_one_way_only() {
        assert!(day("2026-12-01").is_ok());
        for bad in ["01/12/2026", "2026-13-01", "20261201", "2026-12-01T00:00"] {
            assert!(day(bad).is_err(), "{bad}");
        }
    }
}
