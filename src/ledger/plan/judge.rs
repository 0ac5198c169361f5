//! All that refuses an import, in the order in which it is found out.

use rusqlite::Connection;

use super::{flaws, generated_ids, lookalikes, sending, signers};
use crate::ledger::{ImportOptions, ListColumns, Refusal, Remedy};

/// What refuses the records of a list, and those of them that become failed rows instead.
pub(in crate::ledger) fn judge(
    connection: &Connection,
    manifest: i64,
    options: ImportOptions,
    columns: &ListColumns,
) -> rusqlite::Result<(Vec<Refusal>, Vec<Refusal>)> {
    super::resolve(connection)?;
    sending::find(connection, manifest)?;
    if options.skip_duplicates && lookalikes::merge(connection)? > 0 {
        sending::find(connection, manifest)?;
    }
    let (mut refusals, invalid) = of_rows(connection, manifest, options, columns)?;
    refusals.extend(beside(connection, options)?);
    if !options.accept_changes {
        refusals.extend(second_copies(connection, manifest)?);
    }
    Ok((refusals, invalid))
}

/// What rows about to be sent must be, each for itself and all together.
fn of_rows(
    connection: &Connection,
    manifest: i64,
    options: ImportOptions,
    columns: &ListColumns,
) -> rusqlite::Result<(Vec<Refusal>, Vec<Refusal>)> {
    let has_signers = signers::has_signers(columns);
    let needs_signers = !options.keep_source_signers && !columns.is_header_refused;
    if has_signers && needs_signers {
        signers::add_flaws(connection)?;
    }
    let (mut refusals, mut invalid) = (Vec::new(), Vec::new());
    if options.skip_invalid {
        refusals.extend(flaws::of_constants(connection)?);
        invalid = flaws::of_cells(connection)?;
        flaws::make_invalid(connection)?;
        sending::find(connection, manifest)?;
    } else {
        refusals.extend(flaws::found(connection)?);
    }
    if !has_signers && needs_signers {
        signers::find_in_list(connection)?;
        refusals.extend(signers::missing(connection, columns, options.place())?);
    }
    Ok((refusals, invalid))
}

/// Records that are one row, or have ids that were made for others.
fn beside(connection: &Connection, options: ImportOptions) -> rusqlite::Result<Vec<Refusal>> {
    let (place, keeps) = (options.place(), options.keep_source_signers);
    let mut refusals = Vec::new();
    if !options.skip_duplicates {
        refusals.extend(super::duplicates(connection, place, keeps)?);
        let advice = lookalikes::IN_LIST;
        refusals.extend(lookalikes::among_sending(connection, place, advice, keeps)?);
    }
    refusals.extend(generated_ids::for_another(connection)?);
    refusals.extend(generated_ids::elsewhere(connection)?);
    Ok(refusals)
}

/// What could copy somebody twice.
fn second_copies(connection: &Connection, manifest: i64) -> rusqlite::Result<Vec<Refusal>> {
    let mut refusals = super::changed_after_copying(connection, manifest)?;
    refusals.extend(super::of_another_list(connection, manifest)?);
    refusals.extend(super::reappeared(connection, manifest)?);
    refusals.extend(generated_ids::not_in_report(connection, manifest)?);
    let told = refusals
        .iter()
        .filter(|refusal| refusal.remedy == Remedy::RevertChange);
    let told = told.map(|refusal| refusal.line).collect();
    refusals.extend(lookalikes::of_sent(connection, &told)?);
    Ok(refusals)
}
