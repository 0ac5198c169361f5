//! The faults the sandbox can commit, by name.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::duration::{parse_duration, show_duration};
use super::names::{MEANINGS, NAMES};
use super::retry_after::RetryAfter;
use super::target::Target;
use crate::sandbox::error::SettingError;

/// One way for an answer to go wrong. The kebab-case names are listed, with their meanings, by
/// [`Fault::catalogue`]; `FromStr` and `Display` use them.
///
/// "commits" below means: the copy is made. Faults that don't say so make none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `Message: Error` with a text, by the error style of the settings.
    Refuse,
    /// 400 with an HTML page, as WCF answers unhandled exceptions. (W)
    BadRequestHtml,
    /// 401 with an HTML page.
    Unauthorized,
    /// 403 with an HTML page.
    Forbidden,
    /// 404 with an HTML page.
    NotFound,
    /// 408 with an HTML page.
    RequestTimeout,
    /// 429, with Retry-After where given.
    TooManyRequests(Option<RetryAfter>),
    /// 500 with an HTML page.
    ServerError,
    /// 502 with an HTML page.
    BadGateway,
    /// 503, with Retry-After where given.
    Unavailable(Option<RetryAfter>),
    /// 504 with an HTML page.
    GatewayTimeout,
    /// Commits, then answers 500.
    ServerErrorAfterCommit,
    /// Commits, then answers 400 with an HTML page.
    BadRequestHtmlAfterCommit,
    /// Never answers: the connection stays open until shutdown, at most ten minutes.
    Hang,
    /// Commits, then never answers.
    HangAfterCommit,
    /// Commits at once, then answers that much later.
    Slow(Duration),
    /// Closes the connection without an answer.
    DropBeforeCommit,
    /// Commits, then closes the connection without an answer.
    DropAfterCommit,
    /// Commits, then closes the connection in the middle of the answer's body.
    HalfAnswerAfterCommit,
    /// 200 with an empty body: a rejected token. (W)
    Null,
    /// Commits, then answers 200 with an empty body.
    NullAfterCommit,
    /// 200 with the body `null`.
    LiteralNull,
    /// Commits, then answers 200 with the body `null`.
    LiteralNullAfterCommit,
    /// Commits, then answers 201 with an empty body.
    CreatedAfterCommit,
    /// Commits, then answers 202 with an empty body.
    AcceptedAfterCommit,
    /// Commits, then answers 204.
    NoContentAfterCommit,
    /// Commits, then answers 206 with an empty body.
    PartialContentAfterCommit,
    /// `Message: Error` with the documented text about a bad token. (D)
    BadToken,
    /// 200 with an HTML page instead of JSON.
    Html,
    /// 302 to a login page.
    Redirect,
    /// Commits, and answers with the source's id as the new one.
    SourceId,
    /// Commits, and answers Success with the empty GUID. (W)
    ZeroGuid,
    /// Commits, and answers Success without any id.
    NoId,
    /// Commits once, and answers with one id at the root and another in the session.
    TwoIds,
    /// Commits, and answers `Message: Error` together with the new id.
    ErrorWithId,
    /// Commits twice for one request, and answers with the first id.
    DuplicateCommit,
    /// Commits, and answers Success with something in `Details`.
    DetailsWithSuccess,
    /// Commits without any signers.
    DropSigners,
    /// Commits with the source's title instead of the one asked for.
    IgnoreTitle,
    /// Commits without the transaction id: no look-up will find it.
    IgnoreTransactionId,
    /// Commits, but look-ups by transaction don't show it for so long.
    Invisible(Duration),
    /// Closes the connection without an answer; the commit happens that much later.
    LateCommit(Duration),
    /// Commits, and answers with 2 MiB.
    Huge,
    /// Commits, and answers with JSON that stops in the middle, under its right Content-Length.
    Unreadable,
    /// A look-up that lists the source session as well.
    LookupIncludesSource,
    /// A look-up that lists each session twice.
    LookupDuplicate,
    /// A look-up that says zero, whatever there is.
    LookupAbsent,
    /// A look-up that answers `Error: Username not found.` (D)
    UsernameNotFound,
}

impl Fault {
    /// Every fault with its name and meaning, in the order of the documentation. Faults that take
    /// a parameter stand with their default.
    pub fn catalogue() -> impl Iterator<Item = (Self, &'static str, &'static str)> {
        NAMES
            .iter()
            .zip(MEANINGS)
            .map(|((name, fault), meaning)| (*fault, *name, meaning))
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
        match self {
            Self::LookupIncludesSource
            | Self::LookupDuplicate
            | Self::LookupAbsent
            | Self::UsernameNotFound => target == Target::Lookup,
            Self::SourceId
            | Self::ZeroGuid
            | Self::NoId
            | Self::TwoIds
            | Self::ErrorWithId
            | Self::DuplicateCommit
            | Self::DropSigners
            | Self::IgnoreTitle
            | Self::IgnoreTransactionId
            | Self::Invisible(_)
            | Self::LateCommit(_) => target == Target::Copy,
            _ => true,
        }
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
                    "this fault takes no parameter: leave ':' away",
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
        let known = NAMES.iter().find(|(known, _)| *known == name);
        let Some((_, fault)) = known else {
            let names: Vec<_> = NAMES.iter().map(|(name, _)| *name).collect();
            let names = names.join(", ");
            return Err(SettingError::new(format!(
                "no fault '{name}': write one of {names}"
            )));
        };
        match parameter {
            Some(parameter) => fault
                .with_parameter(parameter)
                .map_err(|error| error.at(text)),
            None => Ok(*fault),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let same = |other: &Self| std::mem::discriminant(other) == std::mem::discriminant(self);
        let named = NAMES.iter().find(|(_, fault)| same(fault));
        formatter.write_str(named.map_or("", |(name, _)| name))?;
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
        assert_eq!(NAMES.len(), MEANINGS.len());
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
