use std::time::{Duration, SystemTime};

use super::Answer;

/// How long the service asks to wait: `Retry-After` in seconds, or as a date judged by the
/// answer's own `Date` header, because the two clocks may differ. `now` stands in for a missing
/// `Date`. `None` when the header is missing or is neither form.
pub fn retry_after(answer: &Answer, now: SystemTime) -> Option<Duration> {
    let value = answer.retry_after.as_deref()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a u64 holds is still a number, and a wait beyond every limit.
        return Some(Duration::from_secs(
            value.parse().unwrap_or(u64::from(u32::MAX)),
        ));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let date = answer
        .date
        .as_deref()
        .and_then(|date| httpdate::parse_http_date(date).ok());
    Some(
        until
            .duration_since(date.unwrap_or(now))
            .unwrap_or(Duration::ZERO),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Body;

    fn wait(retry_after_header: &str, date: Option<&str>) -> Option<Duration> {
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

    #[test]
    fn both_forms_are_read_and_nothing_else() {
        assert_eq!(wait(" 7 ", None), Some(Duration::from_secs(7)));
        let until = "Sun, 09 Sep 2001 01:47:10 GMT";
        assert_eq!(wait(until, None), Some(Duration::from_secs(30)));
        let date = Some("Sun, 09 Sep 2001 01:47:00 GMT");
        assert_eq!(wait(until, date), Some(Duration::from_secs(10)));
        let past = "Sun, 09 Sep 2001 01:40:00 GMT";
        assert_eq!(wait(past, date), Some(Duration::ZERO));
        for bad in ["", "soon", "-5", "1.5", "0x10"] {
            assert_eq!(wait(bad, date), None, "{bad}");
        }
        assert!(wait("99999999999999999999999999", None) > Some(Duration::from_secs(86_400)));
    }
}
