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

impl Rate {
    /// Time between two requests, if there is a ceiling.
    pub fn interval(self) -> Option<Duration> {
        match self {
            Self::Every { interval } => Some(interval),
            Self::Max => None,
        }
    }
}

/// The text is no rate.
#[derive(Debug, Clone, thiserror::Error)]
#[error("write a rate as 5/s, 300/m, 1000/h or max")]
pub struct InvalidRate;

impl FromStr for Rate {
    type Err = InvalidRate;

    fn from_str(text: &str) -> Result<Self, InvalidRate> {
        if text.eq_ignore_ascii_case("max") {
            return Ok(Self::Max);
        }
        let (count, unit) = text.split_once('/').ok_or(InvalidRate)?;
        let seconds = match unit.trim() {
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return Err(InvalidRate),
        };
        let count: f64 = count.trim().parse().map_err(|_| InvalidRate)?;
        let interval = Duration::try_from_secs_f64(seconds / count).map_err(|_| InvalidRate)?;
        let sensible = Duration::from_micros(1)..=Duration::from_secs(24 * 3600);
        if sensible.contains(&interval) {
            Ok(Self::Every { interval })
        } else {
            Err(InvalidRate)
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(interval) = self.interval() else {
            return f.write_str("max");
        };
        let per_second = 1.0 / interval.as_secs_f64();
        let (count, unit) = match per_second {
            rate if rate >= 1.0 => (rate, 's'),
            rate if rate * 60.0 >= 1.0 => (rate * 60.0, 'm'),
            rate => (rate * 3600.0, 'h'),
        };
        write!(f, "{}/{unit}", (count * 100.0).round() / 100.0)
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
}
