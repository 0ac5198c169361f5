//! Rules that choose faults: a script file, and rates written `NAME=P%`.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use super::fault::Fault;
use super::target::Target;
use crate::sandbox::error::SettingError;
use crate::sandbox::guid::Guid;

/// The rules of a script file, in order; the first that matches a request decides it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// The rules.
    pub rules: Vec<Rule>,
}

/// One rule of a script: the requests that match meet its faults in turn. A condition that is
/// `None` matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// Which requests: copies, unless said otherwise.
    pub target: Target,
    /// A signer's e-mail address in the request, without regard to case. Copies only.
    pub email: Option<String>,
    /// The source session of a copy, or the session of a session request.
    pub source: Option<Guid>,
    /// The transaction id of a copy or a look-up.
    pub transaction_id: Option<String>,
    /// What the matching requests meet in turn; `None` is an honest answer, written `ok`.
    pub faults: Vec<Option<Fault>>,
    /// What happens after the last of them.
    pub then: Then,
}

/// How a rule goes on after its list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Then {
    /// Honest answers from then on.
    #[default]
    Ok,
    /// The list again from its start.
    Repeat,
}

/// A share of all requests of a target that meet a fault. Written `429=5%`, for other targets
/// than copies `token:500=1%`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Which requests.
    pub target: Target,
    /// What happens to them.
    pub fault: Fault,
    /// How many of them, in percent: above 0, at most 100.
    pub percent: f64,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    #[serde(default)]
    target: Target,
    email: Option<String>,
    source: Option<String>,
    transaction_id: Option<String>,
    faults: Vec<String>,
    #[serde(default)]
    then: Then,
}

impl Script {
    /// Reads a script file: a JSON list of rules such as
    /// `{"email": "a@example.com", "faults": ["429", "429", "ok"], "then": "ok"}`.
    ///
    /// # Errors
    /// When the file can't be read or a rule is wrong; the text says which and what to write.
    pub fn read(path: &Path) -> Result<Self, SettingError> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            SettingError::new(format!(
                "{}: can't read the script: {error}",
                path.display()
            ))
        })?;
        Self::parse(&text).map_err(|error| error.at(path.display()))
    }

    /// Reads the text of a script file.
    ///
    /// # Errors
    /// When it isn't a JSON list of rules, or a rule is wrong.
    pub fn parse(text: &str) -> Result<Self, SettingError> {
        let written: Vec<WrittenRule> = serde_json::from_str(text).map_err(|error| {
            SettingError::new(format!(
                "{error}; write a JSON list of rules like \
                 [{{\"email\": \"a@example.com\", \"faults\": [\"429\", \"ok\"]}}]"
            ))
        })?;
        let rules = written.into_iter().enumerate().map(|(index, rule)| {
            rule.checked()
                .map_err(|error| error.at(format!("rule {}", index + 1)))
        });
        Ok(Self {
            rules: rules.collect::<Result<_, _>>()?,
        })
    }
}

impl WrittenRule {
    fn checked(self) -> Result<Rule, SettingError> {
        let target = self.target;
        if self.faults.is_empty() {
            return Err(SettingError::new(
                "faults is empty: name at least one, or \"ok\"",
            ));
        }
        if self.email.is_some() && target != Target::Copy {
            return Err(SettingError::new(
                "email goes with the target copy only: remove one of them",
            ));
        }
        let faults = self.faults.iter().enumerate().map(|(index, text)| {
            step(text, target).map_err(|error| error.at(format!("faults[{index}]")))
        });
        let faults = faults.collect::<Result<_, _>>()?;
        let source = self.source.map(|text| text.parse());
        let source = source
            .transpose()
            .map_err(|error: SettingError| error.at("source"))?;
        let (email, transaction_id, then) = (self.email, self.transaction_id, self.then);
        Ok(Rule {
            target,
            email,
            source,
            transaction_id,
            faults,
            then,
        })
    }
}

fn step(text: &str, target: Target) -> Result<Option<Fault>, SettingError> {
    if text == "ok" {
        return Ok(None);
    }
    fitting(text, target).map(Some)
}

fn fitting(text: &str, target: Target) -> Result<Fault, SettingError> {
    let fault: Fault = text.parse()?;
    if fault.fits(target) {
        return Ok(fault);
    }
    let better = if fault.fits(Target::Lookup) {
        Target::Lookup
    } else {
        Target::Copy
    };
    Err(SettingError::new(format!(
        "{text} can't happen to the target {target}: use {better}, as in {better}:{text}"
    )))
}

impl FromStr for Rate {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let wrong = |what: &str| {
            SettingError::new(format!(
                "'{text}': {what}: write it like 429=5% or token:500=1%"
            ))
        };
        let (name, share) = text.rsplit_once('=').ok_or_else(|| wrong("no '='"))?;
        let number = share
            .strip_suffix('%')
            .ok_or_else(|| wrong("no '%' at the end"))?;
        let percent: f64 = number
            .trim()
            .parse()
            .map_err(|_| wrong("no number before '%'"))?;
        if !(percent > 0.0 && percent <= 100.0) {
            return Err(wrong("the share must be above 0 and at most 100"));
        }
        let (target, name) = match name.split_once(':') {
            Some((prefix, rest)) => match prefix.parse() {
                Ok(target) => (target, rest),
                Err(_) => (Target::Copy, name),
            },
            None => (Target::Copy, name),
        };
        let fault = fitting(name.trim(), target).map_err(|error| error.at(format!("'{text}'")))?;
        Ok(Self {
            target,
            fault,
            percent,
        })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.target != Target::Copy {
            write!(formatter, "{}:", self.target)?;
        }
        write!(formatter, "{}={}%", self.fault, self.percent)
    }
}

/// Refuses shares of one target that come to more than everything.
pub(in crate::sandbox) fn check_rates(rates: &[Rate]) -> Result<(), SettingError> {
    for target in [Target::Copy, Target::Token, Target::Session, Target::Lookup] {
        let sum: f64 = rates
            .iter()
            .filter(|rate| rate.target == target)
            .map(|r| r.percent)
            .sum();
        if sum > 100.0 + 1e-9 {
            return Err(SettingError::new(format!(
                "the rates of the target {target} come to {sum}%: lower them to 100% in all"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read() {
        for text in [
            "429=5%",
            "token:500=1%",
            "slow:2s=0.5%",
            "429:3=10%",
            "lookup:null=50%",
        ] {
            let rate: Rate = text.parse().expect("a rate");
            assert_eq!(rate.to_string(), text);
        }
        for wrong in [
            "429",
            "429=5",
            "429=0%",
            "429=101%",
            "x=5%",
            "token:source-id=5%",
        ] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
        let twice: Vec<Rate> = vec!["429=60%".parse().unwrap(), "500=50%".parse().unwrap()];
        assert!(check_rates(&twice).is_err());
    }

    #[test]
    fn a_script_says_where_it_is_wrong() {
        let text = r#"[{"faults": ["429", "ok"], "then": "repeat"},
            {"target": "lookup", "faults": ["lookup-absent", "two-ids"]}]"#;
        let error = Script::parse(text)
            .expect_err("two-ids is no look-up fault")
            .to_string();
        assert!(error.starts_with("rule 2: faults[1]: two-ids"), "{error}");
        let error = Script::parse(r#"[{"fault": []}]"#)
            .expect_err("unknown member")
            .to_string();
        assert!(error.contains("line 1"), "{error}");
    }
}
