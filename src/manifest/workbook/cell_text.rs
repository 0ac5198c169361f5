//! What the cells of a workbook are as text: numbers, dates and times as people write them in lists.

/// A number as it is stored: a whole one without a fraction, and with the zeros that its format begins with.
pub(super) fn number(value: f64, zeros: usize) -> String {
    let is_whole = value.fract() == 0.0 && value.abs() < 1e21;
    match is_whole {
        // Not `-0`.
        true if value == 0.0 => format!("{:0>zeros$}", 0),
        true if value > 0.0 => format!("{value:0>zeros$}"),
        _ => value.to_string(),
    }
}

/// How many digits a number format shows at least, if it shows whole numbers and nothing else: `00000`.
pub(super) fn zeros_of(format: &str) -> usize {
    let first = format.split(';').next().unwrap_or_default();
    // The language: `[$-407]00000`.
    let plain = match first.strip_prefix("[$") {
        Some(rest) => rest.split_once(']').map_or(first, |(_, plain)| plain),
        None => first,
    };
    let is_zeros = plain.len() > 1 && plain.bytes().all(|byte| byte == b'0');
    if is_zeros { plain.len().min(255) } else { 0 }
}

/// TRUE or FALSE, as spreadsheets show it.
pub(super) fn boolean(value: bool) -> &'static str {
    if value { "TRUE" } else { "FALSE" }
}

/// A date as YYYY-MM-DD, and a time of day behind it if there is one.
pub(super) fn date_and_time(date: [u16; 3], time: [u16; 3]) -> String {
    let [year, month, day] = date;
    let date = format!("{year:04}-{month:02}-{day:02}");
    match time {
        [0, 0, 0] => date,
        time => format!("{date} {}", time_of_day(time)),
    }
}

/// A time as HH:MM, with the seconds if there are any.
pub(super) fn time_of_day([hour, minute, second]: [u16; 3]) -> String {
    match second {
        0 => format!("{hour:02}:{minute:02}"),
        _ => format!("{hour:02}:{minute:02}:{second:02}"),
    }
}

/// A length of time in days as HH:MM or HH:MM:SS.
pub(super) fn duration(days: f64) -> String {
    let seconds = (days.abs() * 86_400.0).round() as u64;
    let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let sign = if days < 0.0 && seconds > 0 { "-" } else { "" };
    match rest {
        0 => format!("{sign}{hours:02}:{minutes:02}"),
        _ => format!("{sign}{hours:02}:{minutes:02}:{rest:02}"),
    }
}

/// A date with or without a time as ISO 8601 writes it: `2026-03-01T00:00:00`.
pub(super) fn iso_date(text: &str) -> String {
    let Some((date, time)) = text.split_once('T') else {
        return text.to_owned();
    };
    let whole = time.split(['.', 'Z']).next().unwrap_or_default();
    let mut parts = whole.split(':').map(|part| part.parse::<u16>().ok());
    match [parts.next(), parts.next(), parts.next()].map(Option::flatten) {
        [Some(0), Some(0), None | Some(0)] => date.to_owned(),
        [Some(hour), Some(minute), second] => {
            format!(
                "{date} {}",
                time_of_day([hour, minute, second.unwrap_or(0)])
            )
        }
        _ => text.to_owned(),
    }
}

/// A length of time as ISO 8601 writes it: `PT09H30M00S`.
pub(super) fn iso_duration(text: &str) -> String {
    let parsed = text.parse::<jiff::Span>().ok();
    let seconds = parsed.and_then(|span| span.total(jiff::Unit::Second).ok());
    seconds.map_or(text.to_owned(), |seconds| duration(seconds / 86_400.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_stored_with_the_zeros_of_their_format() {
        assert_eq!(number(4711.0, 0), "4711");
        assert_eq!(number(815.0, zeros_of("00000")), "00815");
        assert_eq!(number(0.0, zeros_of("[$-407]000;-000")), "000");
        assert_eq!(number(1_234_567.0, zeros_of("00000")), "1234567");
        assert_eq!(number(812.5, zeros_of("00000")), "812.5");
        assert_eq!(number(-7.0, zeros_of("00000")), "-7");
        assert_eq!(number(-0.0, 0), "0");
        assert_eq!(number(1e15 + 1.0, 0), "1000000000000001");
        assert_eq!(number(0.1 + 0.2, 0), "0.30000000000000004");
        for other in [
            "General", "0", "#,##0", "0.00", "00.00", "000-000", "\"D\"000", "@", "",
        ] {
            assert_eq!(zeros_of(other), 0, "{other}");
        }
    }

    #[test]
    fn dates_and_times_are_as_people_write_them() {
        assert_eq!(date_and_time([2026, 3, 1], [0, 0, 0]), "2026-03-01");
        assert_eq!(date_and_time([2026, 3, 1], [14, 5, 0]), "2026-03-01 14:05");
        assert_eq!(duration(1.5 / 24.0), "01:30");
        assert_eq!(duration(26.0 / 24.0), "26:00");
        assert_eq!(iso_date("2026-03-01"), "2026-03-01");
        assert_eq!(iso_date("2026-03-01T00:00:00"), "2026-03-01");
        assert_eq!(iso_date("2026-03-01T09:30:07.000"), "2026-03-01 09:30:07");
        assert_eq!(iso_duration("PT09H30M00S"), "09:30");
    }
}
