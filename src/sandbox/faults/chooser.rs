//! Chooses what happens to each request: script, then e-mail tag, then rate.

use std::collections::HashMap;

use uuid::Uuid;

use super::fault::Fault;
use super::rules::{Rate, Rule, Script, Then};
use super::target::Target;

/// How often an address tagged `+429` is asked to come back later before it is served.
const TAGGED_BUSY_TIMES: u32 = 2;

/// What a rule may look at in a request.
#[derive(Default)]
pub struct Subject<'a> {
    pub session: Option<Uuid>,
    pub transaction_id: Option<&'a str>,
    pub emails: Vec<&'a str>,
}

/// Draws the fault of each request, in the order of their arrival.
pub struct Chooser {
    rules: Vec<(Rule, usize)>,
    rates: Vec<Rate>,
    // One stream for each target: how many tokens are fetched must not change the copies' fate.
    draws: Vec<fastrand::Rng>,
    tagged_busy: HashMap<String, u32>,
}

impl Chooser {
    pub fn new(script: &Script, rates: &[Rate], seed: u64) -> Self {
        let seeds = (0..).map(|number| seed.wrapping_add(number));
        let draws = seeds.map(fastrand::Rng::with_seed);
        Self {
            rules: script.rules.iter().map(|rule| (rule.clone(), 0)).collect(),
            rates: rates.to_vec(),
            draws: draws.take(Target::ALL.len()).collect(),
            tagged_busy: HashMap::new(),
        }
    }

    /// What happens to this request; `None` is an honest answer.
    pub fn choose(&mut self, target: Target, subject: &Subject<'_>) -> Option<Fault> {
        let drawn = self.drawn(target);
        if let Some(decided) = self.scripted(target, subject) {
            return decided;
        }
        self.tagged(subject).or(drawn)
    }

    fn scripted(&mut self, target: Target, subject: &Subject<'_>) -> Option<Option<Fault>> {
        let (rule, met) = self
            .rules
            .iter_mut()
            .find(|(rule, _)| rule.target == target && matches(rule, subject))?;
        let turn = *met;
        *met += 1;
        Some(match rule.then {
            Then::Ok => rule.faults.get(turn).copied().flatten(),
            Then::Repeat => rule.faults[turn % rule.faults.len()],
        })
    }

    fn tagged(&mut self, subject: &Subject<'_>) -> Option<Fault> {
        for email in &subject.emails {
            let Some(fault) = tag_of(email).filter(|fault| fault.fits(Target::Copy)) else {
                continue;
            };
            if !matches!(fault, Fault::TooManyRequests(_)) {
                return Some(fault);
            }
            let met = self
                .tagged_busy
                .entry(email.to_ascii_lowercase())
                .or_default();
            *met += 1;
            if *met <= TAGGED_BUSY_TIMES {
                return Some(fault);
            }
        }
        None
    }

    /// Every request draws, so that the n-th of a target meets the same fault for the same seed
    /// whatever else is going on.
    fn drawn(&mut self, target: Target) -> Option<Fault> {
        if self.rates.is_empty() {
            return None;
        }
        let mut point = self.draws[target as usize].f64() * 100.0;
        for rate in self.rates.iter().filter(|rate| rate.target == target) {
            if point < rate.percent {
                return Some(rate.fault);
            }
            point -= rate.percent;
        }
        None
    }
}

fn matches(rule: &Rule, subject: &Subject<'_>) -> bool {
    let email = rule.email.as_deref().is_none_or(|wanted| {
        subject
            .emails
            .iter()
            .any(|email| email.trim().eq_ignore_ascii_case(wanted.trim()))
    });
    let source = rule
        .source
        .is_none_or(|wanted| subject.session == Some(wanted));
    let transaction = rule
        .transaction_id
        .as_deref()
        .is_none_or(|wanted| subject.transaction_id == Some(wanted));
    email && source && transaction && !rule.faults.is_empty()
}

fn tag_of(email: &str) -> Option<Fault> {
    let (local, _) = email.split_once('@')?;
    local.split('+').skip(1).find_map(Fault::from_tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy(email: &str) -> Subject<'_> {
        Subject {
            emails: vec![email],
            ..Subject::default()
        }
    }

    #[test]
    fn an_address_tagged_429_is_busy_twice() {
        let mut chooser = Chooser::new(&Script::default(), &[], 0);
        let met: Vec<_> = (0..3)
            .map(|_| {
                chooser
                    .choose(Target::Copy, &copy("bo+429@example.com"))
                    .is_some()
            })
            .collect();
        assert_eq!(met, [true, true, false]);
        assert_eq!(
            chooser.choose(Target::Copy, &copy("a+x+hang@example.com")),
            Some(Fault::Hang)
        );
    }

    #[test]
    fn a_rule_meets_its_list_in_turn_and_beats_the_tag() {
        let script = r#"[{"email": "A+hang@example.com", "faults": ["429", "ok"]},
            {"faults": ["500", "ok"], "then": "repeat"}]"#;
        let script = Script::parse(script).expect("a script");
        let mut chooser = Chooser::new(&script, &[], 0);
        let tagged: Vec<_> = (0..3)
            .map(|_| chooser.choose(Target::Copy, &copy("a+hang@example.com")))
            .collect();
        assert_eq!(tagged, [Some(Fault::TooManyRequests(None)), None, None]);
        let others: Vec<_> = (0..4)
            .map(|_| {
                chooser
                    .choose(Target::Copy, &copy("b@example.com"))
                    .is_some()
            })
            .collect();
        assert_eq!(others, [true, false, true, false]);
        assert_eq!(chooser.choose(Target::Token, &Subject::default()), None);
    }

    #[test]
    fn a_seed_repeats_its_draws() {
        let rates = ["429=20%".parse().unwrap(), "500=20%".parse().unwrap()];
        let draw = |seed| {
            let mut chooser = Chooser::new(&Script::default(), &rates, seed);
            (0..1000)
                .map(|_| chooser.choose(Target::Copy, &Subject::default()))
                .collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        let faults = draw(7).iter().flatten().count();
        assert!((300..500).contains(&faults), "{faults}");
    }
}
