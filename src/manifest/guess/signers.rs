//! Who signs: columns of addresses, and the names that belong to them.

use super::column_facts::ColumnFacts;
use super::expression::{name_parts, template};
use super::header_words::{Meaning, NameOrder};
use super::list_facts::ListFacts;
use super::name_cells::NameForm;
use super::role_words::{Side, person_of, rank_of, role_of};

/// A signer as the list shows one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SignerGuess {
    /// The column of the addresses.
    pub(super) email: usize,
    pub(super) first_name: Option<NameGuess>,
    pub(super) last_name: Option<NameGuess>,
    /// The column is somebody's to whom such lists are not mailed.
    pub(super) is_of_others: bool,
}

/// What fills a name, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NameGuess {
    pub(super) at: usize,
    pub(super) template: String,
    pub(super) reason: String,
}

impl SignerGuess {
    /// The columns that fill it.
    pub(super) fn columns(&self) -> impl Iterator<Item = usize> {
        let names = [&self.first_name, &self.last_name];
        let names = names.into_iter().flatten().map(|name| name.at);
        names.chain([self.email])
    }
}

type Names = (Option<NameGuess>, Option<NameGuess>);

/// Everybody whose addresses a list holds: first who is to be mailed, if anybody is.
pub(super) fn find_signers(list: &ListFacts) -> Vec<SignerGuess> {
    let mut emails: Vec<(u32, usize)> = usable(list)
        .filter(|(_, column)| column.holds_addresses(list.rows))
        .map(|(at, column)| (rank(column), at))
        .collect();
    emails.sort_unstable();
    let mut signers = Vec::new();
    for (place, (rank, at)) in emails.into_iter().enumerate() {
        let person = person(&list.columns[at]);
        let mut names = names_of(list, &person);
        if place == 0 && names == (None, None) {
            names = nearest_names(list, &person);
        }
        signers.push(SignerGuess {
            email: at,
            first_name: names.0,
            last_name: names.1,
            is_of_others: rank == OF_OTHERS,
        });
    }
    signers
}

fn usable(list: &ListFacts) -> impl DoubleEndedIterator<Item = (usize, &ColumnFacts)> {
    let columns = list.columns.iter().enumerate();
    columns.filter(|(_, column)| column.is_usable(list.rows))
}

/// Behind everybody else.
const OF_OTHERS: u32 = u32::MAX;

/// Addresses in a column that is not called so come behind those that are.
const UNNAMED: u32 = 5;

fn rank(column: &ColumnFacts) -> u32 {
    let unnamed = match column.means(Meaning::Email) {
        true => 0,
        false => UNNAMED,
    };
    rank_of(&column.words.rest).map_or(OF_OTHERS, |rank| rank.saturating_add(unnamed))
}

fn person(column: &ColumnFacts) -> String {
    person_of(&column.words.rest)
}

/// The names in columns that are called after one person.
fn names_of(list: &ListFacts, person_called: &str) -> Names {
    let own = || usable(list).filter(|(_, column)| person(column) == person_called);
    let meaning = |meaning: Meaning| own().find(|(_, column)| column.means(meaning));
    let (first, last) = (meaning(Meaning::FirstName), meaning(Meaning::LastName));
    let name = meaning(Meaning::Name).filter(|(_, column)| !column.names.are_companies());
    match (first, last, name) {
        (None, Some(last), Some(name)) => (Some(by_name(name, FIRST)), Some(by_name(last, LAST))),
        (Some(first), None, Some(name)) => (Some(by_name(first, FIRST)), Some(by_name(name, LAST))),
        (None, None, _) => {
            let full = own().find_map(|(at, column)| whole_name(list, at, column));
            full.unwrap_or_default()
        }
        (first, last, _) => (
            first.map(|column| by_name(column, FIRST)),
            last.map(|column| by_name(column, LAST)),
        ),
    }
}

const FIRST: &str = "first names, by its header";
const LAST: &str = "last names, by its header";

fn by_name((at, column): (usize, &ColumnFacts), reason: &str) -> NameGuess {
    NameGuess {
        at,
        template: template(&column.header),
        reason: reason.into(),
    }
}

/// The parts of a column of whole names; a single word is taken for a last name.
fn whole_name(list: &ListFacts, at: usize, column: &ColumnFacts) -> Option<Names> {
    let usual = match list.is_spanish {
        true => NameOrder::FirstWord,
        false => NameOrder::LastWord,
    };
    let order = match column.words.meaning {
        Some(Meaning::FullName(order)) => order,
        Some(Meaning::Name) => usual,
        // `Mieter`, `Customer`: of a person, if the cells say so.
        None if !column.words.rest.is_empty()
            && column.words.rest.iter().all(|word| role_of(word).is_some())
            && column.holds_whole_names() =>
        {
            usual
        }
        _ => return None,
    };
    if column.names.are_companies() {
        return None;
    }
    if column.filled > 0 && !column.holds_whole_names() {
        let single = (column.addresses == 0 && column.means(Meaning::Name))
            .then(|| by_name((at, column), "names of one word, taken for last names"));
        return Some((None, single));
    }
    let form = column.names.form()?;
    let (first, last) = name_parts(&column.header, form, order);
    let mut reason = described(form, order);
    match column.names.pairs() {
        0 => {}
        pairs => reason += &format!(". {pairs} of them may be two people: look at these rows"),
    }
    let guess = |template| NameGuess {
        at,
        template,
        reason: reason.clone(),
    };
    Some((Some(guess(first)), Some(guess(last))))
}

fn described(form: NameForm, order: NameOrder) -> String {
    let taken = match order {
        NameOrder::LastWord => "the last word is taken for the last name",
        NameOrder::LastNameFirst => "the first word is taken for the last name",
        NameOrder::FirstWord => "the first word is taken for the first name",
    };
    match form {
        NameForm::Comma => "whole names, as \"Li, Ana\"".into(),
        NameForm::Mixed => {
            format!("whole names, some as \"Li, Ana\"; of the others, {taken}")
        }
        NameForm::Words => format!("whole names: {taken}"),
        NameForm::Salutation => format!("whole names behind a salutation: {taken}"),
    }
}

/// The names that probably belong to a person who has none of the same name: those of nobody in
/// particular, the only ones there are, or what the addresses are made of.
fn nearest_names(list: &ListFacts, person_called: &str) -> Names {
    let of_nobody = names_of(list, "");
    if of_nobody != (None, None) {
        return of_nobody;
    }
    let is_name = |column: &ColumnFacts| {
        let is_part = column.means(Meaning::FirstName) || column.means(Meaning::LastName);
        is_part || whole_name(list, 0, column).is_some()
    };
    let mut people: Vec<String> = usable(list)
        .filter(|(_, column)| is_name(column))
        .map(|(_, column)| person(column))
        .collect();
    people.sort();
    people.dedup();
    let is_named = person_called.split(' ').any(|word| role_of(word).is_some());
    let is_other = |person: &str| {
        person
            .split(' ')
            .any(|word| role_of(word).is_some_and(|(_, side)| side == Side::Other))
    };
    match people.as_slice() {
        [one] if !is_named && !is_other(one) => names_of(list, one),
        [] => names_in_addresses(list),
        _ => (None, None),
    }
}

/// The columns whose cells the addresses begin and end with, in more than half of the rows.
fn names_in_addresses(list: &ListFacts) -> Names {
    let most = |count: fn(&ColumnFacts) -> u64| {
        let columns = usable(list).filter(|(_, column)| count(column) * 2 > column.filled);
        columns
            .rev()
            .max_by_key(|(_, column)| count(column))
            .map(|(at, column)| NameGuess {
                at,
                template: template(&column.header),
                reason: format!(
                    "{} of the addresses are made of it and another column",
                    count(column)
                ),
            })
    };
    let first = most(|column| column.address_beginnings);
    let last = most(|column| column.address_endings);
    match (first, last) {
        (Some(first), Some(last)) if first.at != last.at => (Some(first), Some(last)),
        _ => (None, None),
    }
}
