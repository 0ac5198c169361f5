//! All rules, in the order in which they are asked.

use std::collections::HashSet;

use rusqlite::Connection;

use super::{changes, flaws, generated_ids, lookalikes, same_row, signers};
use crate::ledger::import::list_columns::ListColumns;
use crate::ledger::import::options::ImportOptions;
use crate::ledger::import::refusal::{Refusal, Remedy};
use crate::ledger::import::to_send;
use crate::ledger::named_row::list_meant;

/// What the rules say of a list.
#[derive(Default)]
pub struct RuleResults {
    pub refusals: Vec<Refusal>,
    /// What is wrong with those records that become failed rows instead.
    pub invalid: Vec<Refusal>,
}

/// Judges the records of a list.
pub fn of_list(
    connection: &Connection,
    manifest: i64,
    options: &ImportOptions,
    columns: &ListColumns,
) -> rusqlite::Result<RuleResults> {
    let (place, keeps_signers) = (options.place(), options.keep_source_signers);
    to_send::find_in_list(connection, manifest)?;
    if options.skip_duplicates && lookalikes::merge(connection)? > 0 {
        to_send::find_in_list(connection, manifest)?;
    }
    let needs_signers = !keeps_signers && !columns.is_header_refused;
    if needs_signers && columns.name_signers() {
        signers::add_flaws(connection)?;
    }
    let mut results = RuleResults {
        refusals: flaws::of_constants(connection)?,
        invalid: flaws::of_cells(connection)?,
    };
    let refusals = &mut results.refusals;
    if !options.skip_invalid {
        refusals.append(&mut results.invalid);
    } else if flaws::make_invalid(connection)? > 0 {
        to_send::find_in_list(connection, manifest)?;
    }
    if needs_signers && !columns.name_signers() {
        refusals.extend(signers::missing(connection, columns, place, true)?);
    }
    if !options.skip_duplicates {
        refusals.extend(same_row::duplicates(connection, place, keeps_signers)?);
        let advice = lookalikes::IN_LIST;
        refusals.extend(lookalikes::among_to_send(
            connection,
            place,
            advice,
            keeps_signers,
        )?);
    }
    refusals.extend(generated_ids::of_another_row(connection, manifest)?);
    refusals.extend(generated_ids::of_another_ledger(connection)?);
    if !options.accept_changes {
        refusals.extend(second_copies(connection, manifest)?);
    }
    Ok(results)
}

/// What could copy somebody twice.
fn second_copies(connection: &Connection, manifest: i64) -> rusqlite::Result<Vec<Refusal>> {
    let mut refusals = changes::after_copying(connection, manifest)?;
    refusals.extend(changes::of_another_list(connection, manifest)?);
    refusals.extend(changes::reappeared(connection, manifest)?);
    refusals.extend(generated_ids::not_in_recovered_report(
        connection, manifest,
    )?);
    let reverted = |refusal: &&Refusal| refusal.remedy == Remedy::RevertChange;
    let explained = lines(refusals.iter().filter(reverted));
    let alike = lookalikes::of_sent(connection, Some(manifest))?.into_iter();
    refusals.extend(alike.filter(|refusal| !explained.contains(&refusal.line)));
    Ok(refusals)
}

/// Judges those lines of a report that are about to be sent, against each other and against what was
/// sent. What was refused `before` is not refused again for its likeness.
pub fn of_report(
    connection: &Connection,
    options: &ImportOptions,
    columns: &ListColumns,
    before: &[Refusal],
) -> rusqlite::Result<Vec<Refusal>> {
    let (place, keeps_signers) = (options.place(), options.keep_source_signers);
    let mut refusals = Vec::new();
    if !keeps_signers && !columns.name_signers() {
        refusals.extend(signers::missing(connection, columns, place, false)?);
    }
    let mut alike =
        lookalikes::among_to_send(connection, place, lookalikes::IN_REPORT, keeps_signers)?;
    if !options.accept_changes {
        let list = list_meant(connection, None)?;
        alike.extend(lookalikes::of_sent(connection, list)?);
    }
    let explained = lines(before);
    refusals.extend(
        alike
            .into_iter()
            .filter(|refusal| !explained.contains(&refusal.line)),
    );
    Ok(refusals)
}

/// The lines of refusals that give the plainer reason.
fn lines<'a>(refusals: impl IntoIterator<Item = &'a Refusal>) -> HashSet<Option<u64>> {
    refusals.into_iter().map(|refusal| refusal.line).collect()
}
