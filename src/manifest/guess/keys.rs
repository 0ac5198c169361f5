//! Which column is the rows' own key, and which names the session to copy.

use super::header_words::Meaning;
use super::key_names::key_rank;
use super::list_facts::ListFacts;

/// The column of the rows' own key, and why.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct KeyColumn {
    pub(super) at: usize,
    /// The list is too long to compare all of its cells.
    pub(super) is_partial: bool,
}

/// What a list has of keys.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Keys {
    pub(super) found: Option<KeyColumn>,
    /// Columns that look like one, and why they are none.
    pub(super) refused: Vec<(usize, &'static str)>,
}

/// Finds the rows' own key.
pub(super) fn find_key(list: &mut ListFacts) -> Keys {
    let rows = list.rows;
    let mut keys = Keys::default();
    let mut found = Vec::new();
    for (at, column) in list.columns.iter_mut().enumerate() {
        let is_usable = column.is_usable(rows) && rows > 0;
        let Some(check) = column.key.as_mut().filter(|_| is_usable) else {
            continue;
        };
        if column.filled < rows {
            keys.refused.push((at, "some cells are empty"));
        } else if !check.is_unique() {
            keys.refused.push((at, "some rows have the same one"));
        } else if check.counts_rows() && rows > 1 {
            let why = "it only counts the rows, and the next export may count them differently";
            keys.refused.push((at, why));
        } else {
            let is_partial = check.is_partial();
            found.push((key_rank(&column.words), at, KeyColumn { at, is_partial }));
        }
    }
    keys.found = found
        .into_iter()
        .min_by_key(|(rank, at, _)| (*rank, *at))
        .map(|(.., key)| key);
    keys
}

/// The column that names the session to copy: ids in every cell, and a name that says so. Then those with
/// ids whose name does not.
pub(super) fn find_source(list: &ListFacts) -> (Option<usize>, Vec<usize>) {
    let columns = list.columns.iter().enumerate();
    let with_ids = columns.filter(|(_, column)| {
        column.is_usable(list.rows) && column.filled > 0 && column.session_ids == column.filled
    });
    let (named, others): (Vec<_>, Vec<_>) = with_ids
        .partition(|(_, column)| column.means(Meaning::Source) && column.filled == list.rows);
    let others = others.into_iter().chain(named.iter().skip(1).copied());
    let others = others.map(|(at, _)| at).collect();
    (named.first().map(|(at, _)| *at), others)
}
