//! What will be sent, in one line, and what is worth a second look before.

use super::messages;
use crate::cli::{Failure, Message, Output};
use crate::ledger::{Ledger, Occurrences, PlanOptions, PlanSummary};
use crate::manifest::InputFile;
use crate::support::{singular_or, thousands};

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

/// What will be sent, in one line.
pub fn line(plan: &PlanSummary) -> String {
    let sessions = grouped(plan.sessions, "session", "sessions");
    let sources = grouped(plan.sources, "source", "sources");
    let people = grouped(plan.people, "person", "people");
    let addresses = grouped(plan.repeated_addresses, "address", "addresses");
    let repeated = match (plan.repeated_addresses, plan.most_per_address) {
        (0, _) => String::new(),
        (_, 2) => format!(" ({addresses} twice)"),
        _ => format!(" ({addresses} more than once)"),
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

/// Goes through what a ledger is about to send of a list, and warns of what may be a slip in it.
///
/// # Errors
/// When rows can't be sent.
pub fn summarise(
    output: &Output,
    list: &InputFile,
    ledger: &mut Ledger,
    options: &PlanOptions<'_>,
) -> Result<PlanSummary, Failure> {
    let plan = require_sendable(list, ledger, options)?;
    warn(output, list, &plan);
    if let Some(name) = ledger.exclusion_of_nobody()? {
        let text = format!("no row has an address of the --exclude list {name}");
        output.emit(&Message::info("excluded", text).with("rows", 0));
    }
    Ok(plan)
}

/// Goes through what a ledger is about to send of a list.
///
/// # Errors
/// When rows can't be sent.
pub fn require_sendable(
    list: &InputFile,
    ledger: &mut Ledger,
    options: &PlanOptions<'_>,
) -> Result<PlanSummary, Failure> {
    let plan = ledger.summarise_plan(options);
    plan.map_err(|error| messages::not_imported(list, error))
}

/// Warns of what may be a slip, each kind once, and says once that copies keep their source's signers.
fn warn(output: &Output, list: &InputFile, plan: &PlanSummary) {
    for (warning, occurrences) in &plan.suspicions {
        let first = first_places(list, occurrences);
        let (count, example) = (occurrences.count, &occurrences.example);
        let (many, what) = (thousands(count), warning.describe(count));
        let message = messages::warning(&format!("{many} {what} ('{example}'{first})"));
        output.emit(&message.with("count", count));
    }
    for (domain, (meant, found)) in &plan.mistyped_domains {
        let (addresses, example) = (grouped(found.count, "address", "addresses"), &found.example);
        let (verb, first) = (
            singular_or(found.count, "ends", "end"),
            first_places(list, found),
        );
        let text =
            format!("{addresses} {verb} in {domain}; is {meant} meant? ('{example}'{first})");
        let message =
            Message::warn("mistyped_domain", format!("warning: {text}")).with("count", found.count);
        output.emit(
            &message
                .with("domain", domain.as_str())
                .with("meant", *meant),
        );
    }
    let place = |found: &Occurrences| list.place(found.first.first().copied());
    if plan.excluded.count > 0 {
        let (count, example) = (plan.excluded.count, &plan.excluded.example);
        let rows = grouped(count, "row is", "rows are");
        let text = format!(
            "{rows} excluded (first: {}: {example})",
            place(&plan.excluded)
        );
        output.emit(&Message::info("excluded", text).with("rows", count));
    }
    if plan.over_limit.count > 0 {
        let (count, example) = (plan.over_limit.count, &plan.over_limit.example);
        let rows = grouped(count, "row is", "rows are");
        let text = format!(
            "warning: {rows} not sent, because of --max-per-address (first: {}: {example})",
            place(&plan.over_limit)
        );
        output.emit(&Message::warn("over_limit", text).with("rows", count));
    }
    let text = match (plan.without_signers, thousands(plan.without_signers)) {
        (0, _) => return,
        (1, _) => "1 copy names no signer and keeps its source's".to_owned(),
        (_, copies) => format!("{copies} copies name no signer and keep their source's"),
    };
    output.emit(&Message::info("source_signers", text).with("rows", plan.without_signers));
}

/// Where something was seen first, after a comma.
pub fn first_places(list: &InputFile, found: &Occurrences) -> String {
    let places = found.first.iter().map(|line| list.place(Some(*line)));
    match &places.collect::<Vec<String>>()[..] {
        [] => String::new(),
        places => format!(", first at {}", places.join(", ")),
    }
}

/// A count with its noun.
pub fn grouped(count: u64, one: &str, many: &str) -> String {
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
