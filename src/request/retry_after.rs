//! The `Retry-After` header.

use std::time::{Duration, SystemTime};

use super::Answer;

/// What an answer says in `Retry-After`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetryAfter {
    /// Nothing: the header is missing or empty.
    Unsaid,
    /// To wait so long.
    Wait(Duration),
    /// Something that can't be read; what it is.
    Unreadable(String),
}

/// How long the service asks to wait: `Retry-After` in seconds, a part of one counting as a whole,
/// or as a date judged by the answer's own `Date` header, because the two clocks may differ. Of a
/// list the longest wait. `now` stands in for a missing `Date`.
pub fn retry_after(answer: &Answer, now: SystemTime) -> RetryAfter {
    let value = answer.retry_after.as_deref().unwrap_or_default().trim();
    if value.is_empty() {
        return RetryAfter::Unsaid;
    }
    let date = answer.date.as_deref();
    let date = date.and_then(|date| httpdate::parse_http_date(date.trim()).ok());
    match longest(value, date.unwrap_or(now)) {
        Some(wait) => RetryAfter::Wait(wait),
        None => RetryAfter::Unreadable(value.to_owned()),
    }
}

/// The longest of the waits that a value names. A date has a comma of its own.
fn longest(value: &str, now: SystemTime) -> Option<Duration> {
    let mut longest = None;
    let mut members = value.split(',').map(str::trim).peekable();
    while let Some(member) = members.next() {
        let wait = seconds(member).or_else(|| {
            let wait = until(&format!("{member}, {}", members.peek()?), now)?;
            members.next();
            Some(wait)
        });
        longest = longest.max(wait.or_else(|| until(member, now)));
    }
    longest
}

/// Seconds as people and servers write them: `5`, `+5`, `5.5`.
fn seconds(text: &str) -> Option<Duration> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !are_digits(whole) || !are_digits(part) {
        return None;
    }
    // More digits than a u64 holds is still a number, and a wait beyond every limit.
    let whole = whole.parse().unwrap_or(u64::from(u32::MAX));
    let has_part = part.bytes().any(|digit| digit != b'0');
    Some(Duration::from_secs(
        whole.saturating_add(u64::from(has_part)),
    ))
}

fn until(text: &str, now: SystemTime) -> Option<Duration> {
    let until = httpdate::parse_http_date(text).ok()?;
    Some(until.duration_since(now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Body;

    fn said(retry_after_header: &str, date: Option<&str>) -> RetryAfter {
        let answer = Answer {
            status: 429,
            retry_after: Some(retry_after_header.into()),
            date: date.map(Into::into),
            body: Body::Whole(Vec::new()),
        };
        retry_after(
            &answer,
            SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000),
        )
    }

    fn wait(seconds: u64) -> RetryAfter {
        RetryAfter::Wait(Duration::from_secs(seconds))
    }

    #[test]
    fn seconds_are_read_as_they_are_written_and_rounded_up() {
        for (value, expected) in [
            (" 7 ", 7),
            ("0", 0),
            ("5.5", 6),
            ("5.0", 5),
            ("5.", 5),
            ("0.001", 1),
            ("+2", 2),
            ("+2.5", 3),
            ("007", 7),
        ] {
            assert_eq!(said(value, None), wait(expected), "{value}");
        }
        let RetryAfter::Wait(long) = said("99999999999999999999999999", None) else {
            panic!("it is a number");
        };
        assert!(long > Duration::from_secs(86_400));
    }

    #[test]
    fn a_date_is_judged_by_the_answer_s_own() {
        let until = "Sun, 09 Sep 2001 01:47:10 GMT";
        assert_eq!(said(until, None), wait(30));
        let date = Some("Sun, 09 Sep 2001 01:47:00 GMT");
        assert_eq!(said(until, date), wait(10));
        let past = "Sun, 09 Sep 2001 01:40:00 GMT";
        assert_eq!(said(past, date), wait(0));
        assert_eq!(said("Sunday, 09-Sep-01 01:47:10 GMT", date), wait(10));
        assert_eq!(said("Sun Sep  9 01:47:10 2001", date), wait(10));
    }

    #[test]
    fn the_longest_of_a_list_counts() {
        for (value, expected) in [
            ("2, 1", 2),
            ("1,2.5", 3),
            ("soon, 4", 4),
            ("4, ", 4),
            ("1, Sun, 09 Sep 2001 01:47:10 GMT", 30),
            ("Sun, 09 Sep 2001 01:47:10 GMT, 1", 30),
            (
                "Sun, 09 Sep 2001 01:47:10 GMT, Sun, 09 Sep 2001 01:47:20 GMT",
                40,
            ),
        ] {
            assert_eq!(said(value, None), wait(expected), "{value}");
        }
    }

    #[test]
    fn what_can_t_be_read_is_given_as_it_is() {
        for bad in ["soon", "-5", "0x10", "1e3", ".", "5 s", "+", "++2", "1.2.3"] {
            assert_eq!(said(bad, None), RetryAfter::Unreadable(bad.into()));
        }
        for nothing in ["", "  "] {
            assert_eq!(said(nothing, None), RetryAfter::Unsaid);
        }
    }
}
