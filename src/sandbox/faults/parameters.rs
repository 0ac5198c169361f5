//! What stands behind a fault's colon: a duration, or a Retry-After header in each of its forms.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use httpdate::HttpDate;

use crate::sandbox::error::SettingError;

/// Reads `500ms`, `2s`, `1.5s` or `5m`; at most a day.
pub fn parse_duration(text: &str) -> Result<Duration, SettingError> {
    let wrong = || {
        SettingError::new(format!(
            "'{text}' is not a duration: write it like 500ms, 2s or 5m"
        ))
    };
    let unit_at = text
        .find(|letter: char| letter.is_ascii_alphabetic())
        .ok_or_else(wrong)?;
    let (number, unit) = text.split_at(unit_at);
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit {
        "ms" => number / 1000.0,
        "s" => number,
        "m" => number * 60.0,
        _ => return Err(wrong()),
    };
    if !(0.0..=86_400.0).contains(&seconds) {
        return Err(wrong());
    }
    Ok(Duration::from_secs_f64(seconds))
}

/// The shortest text that [`parse_duration`] reads back.
pub fn show_duration(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    if milliseconds.is_multiple_of(1000) {
        format!("{}s", milliseconds / 1000)
    } else {
        format!("{milliseconds}ms")
    }
}

/// The value of a Retry-After header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// `Retry-After: N`. Written `429:N`.
    Seconds(u32),
    /// An HTTP date so many seconds after the answer's own Date. Written `429:date+N`.
    DateIn(u32),
    /// A fixed HTTP date. Written `429:Wed, 21 Oct 2026 07:28:00 GMT`.
    DateAt(HttpDate),
}

impl RetryAfter {
    /// The header's value in an answer that leaves now.
    pub fn header(self) -> String {
        match self {
            Self::DateIn(seconds) => {
                let date = SystemTime::now() + Duration::from_secs(seconds.into());
                HttpDate::from(date).to_string()
            }
            written => written.to_string(),
        }
    }
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
        text.parse().map(Self::DateAt).map_err(|_| {
            SettingError::new(format!(
                "'{text}' is not a Retry-After: write seconds, date+SECONDS or an HTTP date"
            ))
        })
    }
}

impl fmt::Display for RetryAfter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seconds(seconds) => write!(formatter, "{seconds}"),
            Self::DateIn(seconds) => write!(formatter, "date+{seconds}"),
            Self::DateAt(date) => write!(formatter, "{date}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_shown() {
        assert_eq!(parse_duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(parse_duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(show_duration(Duration::from_millis(250)), "250ms");
        for wrong in ["", "5", "s", "-1s", "2h", "99999m"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }
}
