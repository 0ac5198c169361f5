//! The Retry-After header, in each of its forms.

use std::fmt;
use std::str::FromStr;

use crate::sandbox::error::SettingError;

/// The value of a Retry-After header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// `Retry-After: N`. Written `429:N`.
    Seconds(u32),
    /// An HTTP date so many seconds after the answer's own Date. Written `429:date+N`.
    DateIn(u32),
    /// A fixed HTTP date, in Unix seconds. Written `429:Wed, 21 Oct 2026 07:28:00 GMT`.
    DateAt(i64),
}

impl FromStr for RetryAfter {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        if let Ok(seconds) = text.parse() {
            return Ok(Self::Seconds(seconds));
        }
        if let Some(Ok(seconds)) = text.strip_prefix("date+").map(str::parse) {
            return Ok(Self::DateIn(seconds));
        }
        let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text);
        date.map(|date| Self::DateAt(date.as_second()))
            .map_err(|_| {
                SettingError::new(format!(
                    "'{text}' is no Retry-After: write seconds, date+SECONDS or an HTTP date"
                ))
            })
    }
}

impl fmt::Display for RetryAfter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seconds(seconds) => write!(formatter, "{seconds}"),
            Self::DateIn(seconds) => write!(formatter, "date+{seconds}"),
            Self::DateAt(seconds) => formatter.write_str(&http_date(*seconds)),
        }
    }
}

/// A Unix time as HTTP writes dates.
pub(in crate::sandbox) fn http_date(seconds: i64) -> String {
    let printer = jiff::fmt::rfc2822::DateTimePrinter::new();
    let timestamp = jiff::Timestamp::from_second(seconds).unwrap_or_default();
    printer
        .timestamp_to_rfc9110_string(&timestamp)
        .unwrap_or_default()
}
