//! Rules that choose faults: a script file, and rates written `NAME=P%`.

use std::path::Path;
use std::str::FromStr;

use serde::Deserialize;
use uuid::Uuid;

use super::fault::Fault;
use super::target::Target;
use crate::sandbox::choice::choice;
use crate::sandbox::error::SettingError;
use crate::sandbox::ids::read_id;

choice! {
    /// How a rule goes on after its list.
    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    Then {
        /// Honest answers from then on.
        Ok = "ok",
        /// The list again from its start.
        Repeat = "repeat",
    }
}

/// The rules of a script file, in order; the first that matches a request decides it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// The rules.
    pub rules: Vec<Rule>,
}

/// One rule of a script: the requests that match meet its faults in turn. A condition that is
/// `None` matches everything. In a file faults and ids are texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule<F = Option<Fault>, I = Uuid> {
    /// Which requests: copies, unless said otherwise.
    #[serde(default)]
    pub target: Target,
    /// A signer's e-mail address in the request, without regard to case. Copies only.
    pub email: Option<String>,
    /// The source session of a copy, or the session of a session request.
    pub source: Option<I>,
    /// The transaction id of a copy or a look-up.
    pub transaction_id: Option<String>,
    /// What the matching requests meet in turn; `None` is an honest answer, written `ok`.
    pub faults: Vec<F>,
    /// What happens after the last of them.
    #[serde(default)]
    pub then: Then,
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
        let written: Vec<Rule<String, String>> = serde_json::from_str(text).map_err(|error| {
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

impl Rule<String, String> {
    fn checked(self) -> Result<Rule, SettingError> {
        if self.faults.is_empty() {
            return Err(SettingError::new(
                "faults is empty: name at least one, or \"ok\"",
            ));
        }
        if self.email.is_some() && self.target != Target::Copy {
            return Err(SettingError::new(
                "email goes with the target copy only: remove one of them",
            ));
        }
        let faults = self.faults.iter().enumerate().map(|(index, text)| {
            let fault = (text != "ok").then(|| fitting(text, self.target));
            let fault = fault.transpose();
            fault.map_err(|error| error.at(format!("faults[{index}]")))
        });
        let faults = faults.collect::<Result<_, _>>()?;
        let source = self.source.map(|text| read_id(&text)).transpose();
        Ok(Rule {
            faults,
            target: self.target,
            email: self.email,
            source: source.map_err(|error| error.at("source"))?,
            transaction_id: self.transaction_id,
            then: self.then,
        })
    }
}

fn fitting(text: &str, target: Target) -> Result<Fault, SettingError> {
    let fault: Fault = text.parse()?;
    if fault.fits(target) {
        return Ok(fault);
    }
    let can = |other: &Target| fault.fits(*other);
    let better = Target::ALL.iter().copied().find(can).unwrap_or_default();
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

/// Refuses shares of one target that come to more than everything.
pub fn check_rates(rates: &[Rate]) -> Result<(), SettingError> {
    for target in Target::ALL {
        let rates = rates.iter().filter(|rate| rate.target == *target);
        let sum: f64 = rates.map(|rate| rate.percent).sum();
        if sum > 100.0 + 1e-9 {
            return Err(SettingError::new(format!(
                "the rates of the target {target} add up to {sum}%: they may add up to 100% at most"
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
        for (text, target, fault, percent) in [
            ("429=5%", Target::Copy, "429", 5.0),
            ("token:500=1%", Target::Token, "500", 1.0),
            ("slow:2s=0.5%", Target::Copy, "slow:2s", 0.5),
            ("429:3=10%", Target::Copy, "429:3", 10.0),
            ("lookup:null=50%", Target::Lookup, "null", 50.0),
        ] {
            let fault = fault.parse().expect("a fault");
            let wanted = Rate {
                target,
                fault,
                percent,
            };
            assert_eq!(text.parse(), Ok(wanted), "{text}");
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
