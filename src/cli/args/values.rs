//! Values of flags that clap does not know.

use std::net::SocketAddr;
use std::time::Duration;

use encoding_rs::Encoding;

use crate::executor::MaxFailures;

/// A count, or no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxCount(pub Option<u64>);

pub(super) fn duration_or_zero(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text);
    duration.map_err(|_| "write a number and its unit, such as 500ms, 10s, 15m or 2h".into())
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    match duration_or_zero(text)? {
        Duration::ZERO => Err("must be longer than zero; write for example 10s".into()),
        duration => Ok(duration),
    }
}

pub(super) fn count_or_none(text: &str) -> Result<MaxCount, String> {
    if text == "none" {
        return Ok(MaxCount(None));
    }
    text.parse()
        .map(|count| MaxCount(Some(count)))
        .map_err(|_| "write a whole number, or none for no limit".into())
}

/// `--max-failures`: a count, a percentage, or no limit.
pub(super) fn max_failures(text: &str) -> Result<MaxFailures, String> {
    let limit = match text.strip_suffix('%') {
        _ if text == "none" => Some(MaxFailures::None),
        Some(percent) => {
            let percent = percent.trim().parse().ok();
            let percent = percent.filter(|percent| (0.0..=100.0).contains(percent));
            percent.map(MaxFailures::Percent)
        }
        None => text.parse().ok().map(MaxFailures::Rows),
    };
    limit.ok_or_else(|| {
        "write a number of rows such as 20, a percentage such as 5%, or none for no limit".into()
    })
}

pub(super) fn count(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|_| "write a whole number, such as 3".into())
}

pub(super) fn positive_count(text: &str) -> Result<u64, String> {
    let count = count(text)?;
    match count {
        0 => Err("write a whole number from 1 on".into()),
        count => Ok(count),
    }
}

pub(super) fn encoding(text: &str) -> Result<&'static Encoding, String> {
    Encoding::for_label_no_replacement(text.as_bytes()).ok_or_else(|| {
        "this is the name of no encoding; some are windows-1252, iso-8859-15, macintosh, shift_jis and utf-16le"
            .into()
    })
}

pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| "write an address and a port, such as 127.0.0.1:8080".into())
}

pub(super) fn concurrency(text: &str) -> Result<u16, String> {
    within(text, 1, 1024)
}

pub(super) fn max_attempts(text: &str) -> Result<u32, String> {
    within(text, 1, 1000)
}

fn within<T>(text: &str, least: T, most: T) -> Result<T, String>
where
    T: std::str::FromStr + PartialOrd + std::fmt::Display,
{
    let number = text.parse().ok();
    let number = number.filter(|number| (&least..=&most).contains(&number));
    number.ok_or_else(|| format!("write a whole number from {least} to {most}"))
}
