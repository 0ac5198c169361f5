//! What will be sent, in one line, and what is worth a second look before.

use super::messages;
use crate::cli::{Failure, Message, Output, today};
use crate::ledger::{Ledger, PlanOptions, PlanSummary};
use crate::manifest::Manifest;
use crate::support::thousands;

/// Says what will be sent, if anything will.
pub fn emit(output: &Output, plan: &PlanSummary) {
    if plan.sessions == 0 {
        return;
    }
    output.emit(
        &Message::info("plan", line(plan))
            .with("sessions", plan.sessions)
            .with("sources", plan.sources)
            .with("people", plan.people)
            .with("repeated_addresses", plan.repeated_addresses)
            .with("inviting", plan.inviting)
            .with("without_signers", plan.without_signers),
    );
}

fn line(plan: &PlanSummary) -> String {
    let sessions = grouped(plan.sessions, "session", "sessions");
    let sources = grouped(plan.sources, "source", "sources");
    let people = grouped(plan.people, "person", "people");
    let repeated = match (plan.repeated_addresses, plan.most_per_address) {
        (0, _) => String::new(),
        (count, 2) => format!(" ({} twice)", grouped(count, "address", "addresses")),
        (count, _) => {
            let addresses = grouped(count, "address", "addresses");
            format!(" ({addresses} more than once)")
        }
    };
    let invites = match plan.inviting {
        0 => "invites off".into(),
        all if all == plan.sessions => "invites on".into(),
        some => format!("invites on for {}", thousands(some)),
    };
    let unsigned = match plan.without_signers {
        0 => String::new(),
        count => format!(", {} without signers", thousands(count)),
    };
    format!("{sessions} from {sources} to {people}{repeated}, {invites}{unsigned}")
}

/// What is planned, before it is sent.
pub struct Planned<'a> {
    /// The file that it comes from.
    pub list: &'a Manifest,
    /// The manifest whose lines are named, for rows that no report names.
    pub manifest: &'a str,
    /// The sessions' owner.
    pub username: Option<&'a str>,
    /// At most so many rows are sent.
    pub limit: Option<u64>,
    /// Rows that can't be sent become failed, instead of refusing the list.
    pub skip_invalid: bool,
}

impl Planned<'_> {
    /// Goes through it, and warns of what may be a slip in it.
    ///
    /// # Errors
    /// When rows can't be sent.
    pub fn summarise(&self, output: &Output, ledger: &mut Ledger) -> Result<PlanSummary, Failure> {
        let plan = self.require_sendable(ledger)?;
        warn(output, self.list, &plan);
        Ok(plan)
    }

    /// Goes through it.
    ///
    /// # Errors
    /// When rows can't be sent.
    pub fn require_sendable(&self, ledger: &mut Ledger) -> Result<PlanSummary, Failure> {
        let options = PlanOptions {
            manifest: self.manifest,
            today: today(),
            username: self.username,
            limit: self.limit,
            skip_invalid: self.skip_invalid,
        };
        let plan = ledger.summarise_plan(&options);
        plan.map_err(|error| messages::not_imported(self.list, error))
    }
}

/// Warns of what may be a slip, each kind once, and says once that copies keep their source's signers.
fn warn(output: &Output, list: &Manifest, plan: &PlanSummary) {
    for (warning, occurrences) in &plan.suspicions {
        let places: Vec<String> = occurrences
            .first
            .iter()
            .map(|line| list.place(Some(*line)))
            .collect();
        let first = match &places[..] {
            [] => String::new(),
            places => format!(", first at {}", places.join(", ")),
        };
        let text = format!(
            "{} {} ('{}'{first})",
            thousands(occurrences.count),
            warning.describe(occurrences.count),
            occurrences.example
        );
        let message = messages::warning(&text);
        output.emit(&message.with("count", occurrences.count));
    }
    let text = match plan.without_signers {
        0 => return,
        1 => "1 copy names no signer and keeps its source's".to_owned(),
        count => format!(
            "{} copies name no signer and keep their source's",
            thousands(count)
        ),
    };
    output.emit(&Message::info("source_signers", text).with("rows", plan.without_signers));
}

fn grouped(count: u64, one: &str, many: &str) -> String {
    let noun = if count == 1 { one } else { many };
    format!("{} {noun}", thousands(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_says_what_will_be_sent() {
        let mut plan = PlanSummary {
            sessions: 5_000,
            sources: 1,
            people: 4_980,
            repeated_addresses: 20,
            most_per_address: 2,
            without_signers: 12,
            ..PlanSummary::default()
        };
        assert_eq!(
            line(&plan),
            "5,000 sessions from 1 source to 4,980 people (20 addresses twice), invites off, 12 \
             without signers"
        );
        plan.most_per_address = 3;
        plan.repeated_addresses = 1;
        plan.inviting = 1_234_567;
        plan.without_signers = 0;
        assert_eq!(
            line(&plan),
            "5,000 sessions from 1 source to 4,980 people (1 address more than once), invites on \
             for 1,234,567"
        );
        let one = PlanSummary {
            sessions: 1,
            sources: 1,
            people: 1,
            inviting: 1,
            ..PlanSummary::default()
        };
        assert_eq!(
            line(&one),
            "1 session from 1 source to 1 person, invites on"
        );
    }
}
