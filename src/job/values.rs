//! What a cell's text may be, column by column, and its canonical spelling.

use std::str::FromStr;

use email_address::{EmailAddress, Options};
use jiff::civil::Date;

use super::{Column, SessionId, SignerColumn};

/// `ExpiresOn` is at most this many days ahead, and at least one (esign-api.md 5.4, #26).
pub const EXPIRES_DAYS_AHEAD: std::ops::RangeInclusive<i32> = 1..=90;

/// Signers' names have at most this many characters (esign-api.md 5.4, release notes).
const NAME_CHARACTERS: usize = 100;

/// The spelling under which equal values are equal: trimmed, GUIDs and e-mails in lower case,
/// yes/no and numbers written one way. A value that is not valid stays as typed.
pub(super) fn canonical_value(column: &Column, text: &str) -> String {
    let text = text.trim();
    let canonical = match column {
        Column::SourceSessionId | Column::Signer(_, SignerColumn::Id) => {
            SessionId::parse(text).ok().map(|id| id.to_string())
        }
        Column::Signer(_, SignerColumn::Email) | Column::CopyTo => Some(text.to_lowercase()),
        Column::RetainFields | Column::SendSignerInvites | Column::AllowDelegation => {
            flag(text).ok().map(|flag| flag.to_string())
        }
        Column::Version
        | Column::ReminderFrequencyDays
        | Column::UseSequence
        | Column::EmailOptions
        | Column::Signer(_, SignerColumn::Sequence) => {
            text.parse::<i32>().ok().map(|number| number.to_string())
        }
        _ => None,
    };
    canonical.unwrap_or_else(|| text.to_owned())
}

/// Reads yes or no as spreadsheets and people write them.
pub(super) fn flag(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Ok(true),
        "false" | "no" | "0" => Ok(false),
        _ => Err("is not true or false".into()),
    }
}

pub(super) fn integer(text: &str) -> Result<i32, String> {
    text.parse().map_err(|_| "is not a whole number".into())
}

/// A whole number among those that the service documents.
pub(super) fn number_among(text: &str, allowed: &[i32], meaning: &str) -> Result<i32, String> {
    let number = integer(text).ok().filter(|number| allowed.contains(number));
    number.ok_or_else(|| format!("is not {meaning}"))
}

/// 1 to 30 days: the service changes larger ones to 30 by itself (esign-api.md 5.4).
pub(super) fn reminder_days(text: &str) -> Result<i32, String> {
    let days = integer(text).ok().filter(|days| (1..=30).contains(days));
    days.ok_or_else(|| "is not a number of days from 1 to 30".into())
}

pub(super) fn sequence(text: &str) -> Result<i32, String> {
    let number = integer(text).ok().filter(|number| *number >= 0);
    number.ok_or_else(|| "is not a place in the signing order (0, 1, 2, ...)".into())
}

/// Whether the text is an e-mail address that can be mailed.
pub fn is_email(text: &str) -> bool {
    email(text).is_ok()
}

pub(super) fn email(text: &str) -> Result<String, String> {
    let options = Options::default()
        .with_required_tld()
        .without_domain_literal()
        .without_display_text();
    match EmailAddress::parse_with_options(text, options) {
        Ok(_) if !text.contains(char::is_whitespace) => Ok(text.to_owned()),
        _ => Err("is not an e-mail address".into()),
    }
}

/// CC addresses, comma separated (esign-api.md 2.3 `CopyTo`).
pub(super) fn email_list(text: &str) -> Result<String, String> {
    for address in text.split(',') {
        if email(address.trim()).is_err() {
            return Err(format!(
                "is not a list of e-mail addresses with commas between: '{}' is not one",
                address.trim()
            ));
        }
    }
    Ok(text.to_owned())
}

pub(super) fn web_address(text: &str) -> Result<String, String> {
    let url = url::Url::parse(text).ok();
    let is_web = url.is_some_and(|url| matches!(url.scheme(), "https" | "http"));
    if is_web {
        Ok(text.to_owned())
    } else {
        Err("is not a web address (https://...)".into())
    }
}

pub(super) fn name(text: &str) -> Result<String, String> {
    if text.chars().count() > NAME_CHARACTERS {
        return Err(format!("has more than {NAME_CHARACTERS} characters"));
    }
    one_line(text)
}

/// For ids, roles and names, where a line break is always a slip of the file.
pub(super) fn one_line(text: &str) -> Result<String, String> {
    if text.chars().any(char::is_control) {
        return Err("holds a line break or control character".into());
    }
    Ok(text.to_owned())
}

/// A day, as `YYYY-MM-DD`.
pub(super) fn day(text: &str) -> Result<Date, String> {
    let is_plain_day = text.len() == 10;
    let date = Date::from_str(text).ok().filter(|_| is_plain_day);
    date.ok_or_else(|| "is not a day written YYYY-MM-DD".into())
}

/// What is wrong with a day of expiry for a row that is sent today; `None` if nothing is.
pub fn expires_on_problem(expires_on: Date, today: Date) -> Option<String> {
    let days = today
        .until(expires_on)
        .map_or(i32::MAX, |span| span.get_days());
    let (least, most) = (EXPIRES_DAYS_AHEAD.start(), EXPIRES_DAYS_AHEAD.end());
    (!EXPIRES_DAYS_AHEAD.contains(&days))
        .then(|| format!("'{expires_on}' is not {least} to {most} days ahead of today, {today}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_cannot_be_mailed_are_told_from_those_that_can() {
        for good in [
            "ana@example.com",
            "o'hara+x@sub.example.co",
            "jürgen@example.de",
        ] {
            assert_eq!(email(good).as_deref(), Ok(good));
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
    fn days_are_written_one_way_only() {
        assert!(day("2026-12-01").is_ok());
        for bad in ["01/12/2026", "2026-13-01", "20261201", "2026-12-01T00:00"] {
            assert!(day(bad).is_err(), "{bad}");
        }
    }
}
