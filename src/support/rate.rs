//! A ceiling on requests, as people write it and as sentences say it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A ceiling on requests: so many in a second, minute or hour, or none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rate {
    /// One request each `interval` on average.
    Every {
        /// Time between two requests.
        interval: Duration,
    },
    /// As fast as the service answers.
    Max,
}

/// A unit of a rate.
struct Unit {
    letter: &'static str,
    seconds: f64,
    words: &'static str,
}

/// Every unit, the shortest first: what is parsed, written, and said in sentences.
const UNITS: [Unit; 3] = [
    unit("s", 1.0, "a second"),
    unit("m", 60.0, "a minute"),
    unit("h", 3600.0, "an hour"),
];

const fn unit(letter: &'static str, seconds: f64, words: &'static str) -> Unit {
    Unit {
        letter,
        seconds,
        words,
    }
}

impl Rate {
    /// Time between two requests, if there is a ceiling.
    pub fn interval(self) -> Option<Duration> {
        match self {
            Self::Every { interval } => Some(interval),
            Self::Max => None,
        }
    }

    /// The rate within a sentence: `at 5 requests a second`.
    pub fn in_words(self) -> String {
        let Some((count, unit)) = self.in_units() else {
            return "as fast as the service answers".into();
        };
        let noun = if count == "1" { "request" } else { "requests" };
        format!("at {count} {noun} {}", unit.words)
    }

    /// The count, rounded to two places, in the shortest unit in which it is one at least.
    fn in_units(self) -> Option<(String, &'static Unit)> {
        let per_second = 1.0 / self.interval()?.as_secs_f64();
        let fits = |unit: &&Unit| per_second * unit.seconds >= 1.0;
        let unit = UNITS.iter().find(fits).or(UNITS.last())?;
        let count = (per_second * unit.seconds * 100.0).round() / 100.0;
        Some((count.to_string(), unit))
    }
}

/// The text is no rate.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "write a number and its unit: 5/s (a second), 300/m (a minute) or 1000/h (an hour); max means no limit"
)]
pub struct InvalidRate;

impl FromStr for Rate {
    type Err = InvalidRate;

    fn from_str(text: &str) -> Result<Self, InvalidRate> {
        if text.eq_ignore_ascii_case("max") {
            return Ok(Self::Max);
        }
        ceiling(text).ok_or(InvalidRate)
    }
}

fn ceiling(text: &str) -> Option<Rate> {
    let (count, letter) = text.split_once('/')?;
    let unit = UNITS.iter().find(|unit| unit.letter == letter.trim())?;
    let count: f64 = count.trim().parse().ok()?;
    let interval = Duration::try_from_secs_f64(unit.seconds / count).ok()?;
    let sensible = Duration::from_micros(1)..=Duration::from_secs(24 * 3600);
    sensible
        .contains(&interval)
        .then_some(Rate::Every { interval })
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.in_units() {
            Some((count, unit)) => write!(f, "{count}/{}", unit.letter),
            None => f.write_str("max"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_as_people_write_them() {
        let rate = |text: &str| text.parse::<Rate>().unwrap().interval();
        assert_eq!(rate("5/s"), Some(Duration::from_millis(200)));
        assert_eq!(rate("300/m"), Some(Duration::from_millis(200)));
        assert_eq!(rate("0.5/s"), Some(Duration::from_secs(2)));
        assert_eq!(rate("max"), None);
        for bad in [
            "", "5", "/s", "0/s", "-1/s", "5/d", "nan/s", "inf/s", "1e12/s",
        ] {
            assert!(bad.parse::<Rate>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_rate_is_shown_as_it_was_meant() {
        for (typed, shown) in [
            ("5/s", "5/s"),
            ("300/m", "5/s"),
            ("30/m", "30/m"),
            ("max", "max"),
        ] {
            assert_eq!(typed.parse::<Rate>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn every_unit_has_words() {
        for (typed, words) in [
            ("1/s", "at 1 request a second"),
            ("90/m", "at 1.5 requests a second"),
            ("1/m", "at 1 request a minute"),
            ("30/h", "at 30 requests an hour"),
            ("max", "as fast as the service answers"),
        ] {
            assert_eq!(typed.parse::<Rate>().unwrap().in_words(), words);
        }
    }
}
