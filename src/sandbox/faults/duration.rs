//! Durations as users write them: `500ms`, `2s`, `5m`.

use std::time::Duration;

use crate::sandbox::error::SettingError;

/// Reads `500ms`, `2s`, `1.5s` or `5m`; at most a day.
pub(in crate::sandbox) fn parse_duration(text: &str) -> Result<Duration, SettingError> {
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
pub(in crate::sandbox) fn show_duration(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    if milliseconds.is_multiple_of(1000) {
        format!("{}s", milliseconds / 1000)
    } else {
        format!("{milliseconds}ms")
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
