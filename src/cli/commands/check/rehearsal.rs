//! A rehearsal on paper: who would get how many copies, and one row as people read it.

use super::example::example;
use crate::cli::commands::shared::plan;
use crate::cli::{Failure, Message, Output};
use crate::ledger::{Ledger, PlanSummary, RepeatedAddress};
use crate::manifest::InputFile;
use crate::support::{enumerated, thousands};

/// Says what is worth a look before the run itself.
///
/// # Errors
/// When the ledger can't be read.
pub fn rehearse(
    output: &Output,
    list: &InputFile,
    ledger: &Ledger,
    summary: &PlanSummary,
) -> Result<(), Failure> {
    let roles = &summary.role_accounts;
    if roles.count > 0 {
        let rows = plan::grouped(roles.count, "row has", "rows have");
        let (example, first) = (&roles.example, plan::first_places(list, roles));
        let text = format!("{rows} the address of a role and not of a person ('{example}'{first})");
        output.emit(
            &Message::warn("role_accounts", format!("warning: {text}")).with("count", roles.count),
        );
    }
    if let Some(message) = repeated(&summary.repeated, summary.repeated_addresses) {
        output.emit(&message);
    }
    for job in ledger.planned_jobs(1)? {
        output.emit(&example(&job));
    }
    Ok(())
}

/// The addresses that come more than once, each with its rows.
fn repeated(addresses: &[RepeatedAddress], all: u64) -> Option<Message> {
    let first = addresses.first()?;
    let head = plan::grouped(all, "address comes", "addresses come") + " more than once:";
    let message = Message::info("repeated_addresses", head).with("addresses", all);
    let mut message = message.with("most", first.copies);
    for address in addresses {
        message = message.line(&format!("  {}: {}", address.address, rows_of(address)));
    }
    let more = all - addresses.len() as u64;
    if more > 0 {
        message = message.line(&format!(
            "  and {}",
            plan::grouped(more, "more address", "more addresses")
        ));
    }
    Some(message)
}

fn rows_of(address: &RepeatedAddress) -> String {
    let mut rows: Vec<String> = address.rows.iter().map(u64::to_string).collect();
    let more = address.copies - rows.len() as u64;
    if more > 0 {
        rows.push(format!("{} more", thousands(more)));
    }
    format!("rows {}", enumerated(&rows))
}
