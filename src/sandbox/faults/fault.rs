//! The faults the sandbox can commit, by name.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::parameters::{RetryAfter, parse_duration, show_duration};
use super::target::Target;
use crate::sandbox::error::SettingError;

/// Which requests a fault can happen to; `None`: all.
const ANY: Option<Target> = None;
const COPIES: Option<Target> = Some(Target::Copy);
const LOOK_UPS: Option<Target> = Some(Target::Lookup);

/// What there is to say about a fault.
struct Entry {
    name: &'static str,
    /// With its parameter's default, where it takes one.
    fault: Fault,
    only: Option<Target>,
    meaning: &'static str,
}

/// Makes the faults from their table: name, variant with parameter and default, requests, meaning.
macro_rules! faults {
    ($($name:literal $variant:ident $(($parameter:ty) = ($default:expr))?, $only:expr, $meaning:literal;)+) => {
        /// One way for an answer to go wrong; `FromStr` and `Display` use the kebab-case names.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Fault { $(#[doc = $meaning] $variant $(($parameter))?,)+ }

        /// Every fault, in the order of the documentation.
        const FAULTS: &[Entry] = &[$(Entry {
            name: $name,
            fault: Fault::$variant $(($default))?,
            only: $only,
            meaning: $meaning,
        },)+];
    };
}

faults! {
    "refuse" Refuse, ANY, "Message: Error with a text; no copy";
    // As WCF answers unhandled exceptions. (W)
    "400-html" BadRequestHtml, ANY, "400 with an HTML page; no copy";
    "401" Unauthorized, ANY, "401; no copy";
    "403" Forbidden, ANY, "403; no copy";
    "404" NotFound, ANY, "404; no copy";
    "408" RequestTimeout, ANY, "408; no copy";
    "429" TooManyRequests(Option<RetryAfter>) = (None), ANY, "429, optionally with Retry-After (429:5, 429:date+5); no copy. By e-mail tag: the first two times";
    "500" ServerError, ANY, "500; no copy";
    "502" BadGateway, ANY, "502; no copy";
    "503" Unavailable(Option<RetryAfter>) = (None), ANY, "503, optionally with Retry-After; no copy";
    "504" GatewayTimeout, ANY, "504; no copy";
    "500-after-commit" ServerErrorAfterCommit, ANY, "makes the copy, answers 500";
    "400-html-after-commit" BadRequestHtmlAfterCommit, ANY, "makes the copy, answers 400 with an HTML page";
    // The connection stays open until shutdown, at most ten minutes.
    "hang" Hang, ANY, "never answers; no copy";
    "hang-after-commit" HangAfterCommit, ANY, "makes the copy, never answers";
    "slow" Slow(Duration) = (Duration::from_secs(2)), ANY, "makes the copy, answers late (slow:2s)";
    "drop-before-commit" DropBeforeCommit, ANY, "closes the connection without an answer; no copy";
    "drop-after-commit" DropAfterCommit, ANY, "makes the copy, closes the connection without an answer";
    "half-answer-after-commit" HalfAnswerAfterCommit, ANY, "makes the copy, closes the connection within the answer";
    // A rejected token. (W)
    "null" Null, ANY, "200 with an empty body; no copy";
    "null-after-commit" NullAfterCommit, ANY, "makes the copy, answers 200 with an empty body";
    "literal-null" LiteralNull, ANY, "200 with the body null; no copy";
    "literal-null-after-commit" LiteralNullAfterCommit, ANY, "makes the copy, answers 200 with the body null";
    "201-after-commit" CreatedAfterCommit, ANY, "makes the copy, answers 201 with an empty body";
    "202-after-commit" AcceptedAfterCommit, ANY, "makes the copy, answers 202 with an empty body";
    "204-after-commit" NoContentAfterCommit, ANY, "makes the copy, answers 204";
    "206-after-commit" PartialContentAfterCommit, ANY, "makes the copy, answers 206 with an empty body";
    // The documented text. (D)
    "bad-token" BadToken, ANY, "Message: Error about the token; no copy";
    "html-200" Html, ANY, "200 with an HTML page; no copy";
    "redirect" Redirect, ANY, "302 to a login page; no copy";
    "source-id" SourceId, COPIES, "makes the copy, answers with the source's id";
    // An unset member that can't be null. (W)
    "zero-guid" ZeroGuid, COPIES, "makes the copy, answers with the empty GUID";
    "no-id" NoId, COPIES, "makes the copy, answers without an id";
    "two-ids" TwoIds, COPIES, "makes the copy, answers with two different ids";
    "error-with-id" ErrorWithId, COPIES, "makes the copy, answers Error together with the new id";
    "duplicate-commit" DuplicateCommit, COPIES, "makes two copies for one request";
    "details-with-success" DetailsWithSuccess, ANY, "makes the copy, answers Success with Details";
    "drop-signers" DropSigners, COPIES, "makes the copy without signers";
    "ignore-title" IgnoreTitle, COPIES, "makes the copy under the source's title";
    "ignore-transaction-id" IgnoreTransactionId, COPIES, "makes the copy without its transaction id";
    "invisible" Invisible(Duration) = (Duration::from_secs(5)), COPIES, "makes the copy, look-ups don't show it for a while (invisible:5s)";
    "late-commit" LateCommit(Duration) = (Duration::from_secs(2)), COPIES, "closes the connection without an answer, makes the copy later (late-commit:2s)";
    "huge" Huge, ANY, "makes the copy, answers with 2 MiB";
    "unreadable" Unreadable, ANY, "makes the copy, answers with JSON that stops in the middle";
    "lookup-includes-source" LookupIncludesSource, LOOK_UPS, "a look-up that lists the source too";
    "lookup-duplicate" LookupDuplicate, LOOK_UPS, "a look-up that lists each session twice";
    "lookup-absent" LookupAbsent, LOOK_UPS, "a look-up that finds nothing, whatever there is";
    "username-not-found" UsernameNotFound, LOOK_UPS, "a look-up that answers: Username not found";
}

impl Fault {
    /// Every fault with its name and meaning, in the order of the documentation. Faults that take
    /// a parameter stand with their default.
    pub fn catalogue() -> impl Iterator<Item = (Self, &'static str, &'static str)> {
        let entries = FAULTS.iter();
        entries.map(|entry| (entry.fault, entry.name, entry.meaning))
    }

    /// The fault an e-mail's plus-tag names: its name, a parameter after `-` instead of `:`
    /// (`slow-2s`, `429-7`), because a colon may not stand in a local part.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let tag = tag.to_ascii_lowercase();
        tag.parse().ok().or_else(|| {
            let (name, parameter) = tag.rsplit_once('-')?;
            format!("{name}:{parameter}").parse().ok()
        })
    }

    /// Whether the fault can happen to requests of that target.
    #[must_use]
    pub fn fits(self, target: Target) -> bool {
        self.entry().only.is_none_or(|only| only == target)
    }

    fn entry(self) -> &'static Entry {
        let kind = std::mem::discriminant(&self);
        let mut entries = FAULTS.iter();
        let same = entries.find(|entry| std::mem::discriminant(&entry.fault) == kind);
        same.expect("the table makes the faults")
    }

    fn with_parameter(self, parameter: &str) -> Result<Self, SettingError> {
        Ok(match self {
            Self::TooManyRequests(_) => Self::TooManyRequests(Some(parameter.parse()?)),
            Self::Unavailable(_) => Self::Unavailable(Some(parameter.parse()?)),
            Self::Slow(_) => Self::Slow(parse_duration(parameter)?),
            Self::Invisible(_) => Self::Invisible(parse_duration(parameter)?),
            Self::LateCommit(_) => Self::LateCommit(parse_duration(parameter)?),
            _ => {
                return Err(SettingError::new(
                    "this fault takes no parameter: leave out the ':'",
                ));
            }
        })
    }
}

impl FromStr for Fault {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let (name, parameter) = match text.split_once(':') {
            Some((name, parameter)) => (name, Some(parameter)),
            None => (text, None),
        };
        let Some(entry) = FAULTS.iter().find(|entry| entry.name == name) else {
            let names: Vec<_> = FAULTS.iter().map(|entry| entry.name).collect();
            let names = names.join(", ");
            return Err(SettingError::new(format!(
                "no fault '{name}': write one of {names}"
            )));
        };
        let fault = parameter.map(|parameter| entry.fault.with_parameter(parameter));
        let fault = fault.transpose().map_err(|error| error.at(text))?;
        Ok(fault.unwrap_or(entry.fault))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.entry().name)?;
        match self {
            Self::TooManyRequests(Some(after)) | Self::Unavailable(Some(after)) => {
                write!(formatter, ":{after}")
            }
            Self::Slow(duration) | Self::Invisible(duration) | Self::LateCommit(duration) => {
                write!(formatter, ":{}", show_duration(*duration))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back() {
        for (fault, name, _) in Fault::catalogue() {
            assert_eq!(name.parse(), Ok(fault));
            assert_eq!(fault.to_string().parse(), Ok(fault));
        }
    }

    #[test]
    fn parameters_are_read() {
        for text in [
            "429:5",
            "503:date+7",
            "429:Wed, 21 Oct 2026 07:28:00 GMT",
            "slow:250ms",
        ] {
            let fault: Fault = text.parse().expect("a fault");
            assert_eq!(fault.to_string(), text);
        }
        assert!("hang:5s".parse::<Fault>().is_err());
        assert!("429:soon".parse::<Fault>().is_err());
        assert!("nonsense".parse::<Fault>().is_err());
    }

    #[test]
    fn tags_write_the_parameter_behind_a_hyphen() {
        assert_eq!(
            Fault::from_tag("Drop-After-Commit"),
            Some(Fault::DropAfterCommit)
        );
        assert_eq!(
            Fault::from_tag("slow-2s"),
            Some(Fault::Slow(Duration::from_secs(2)))
        );
        assert_eq!(
            Fault::from_tag("429-7"),
            Some(Fault::TooManyRequests(Some(RetryAfter::Seconds(7))))
        );
        assert_eq!(Fault::from_tag("newsletter"), None);
    }
}
