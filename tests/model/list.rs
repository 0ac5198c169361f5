//! The list as its author edits it.

use std::collections::BTreeSet;

use crate::case::{Case, Given, Person, Step};

const HEADER: &str = "transaction_id,source_session_id,title,signer_1_last_name,signer_1_email";

/// A line of the list.
#[derive(Debug, Clone)]
struct Line {
    number: usize,
    source: usize,
    transaction_id: Given,
    title: u32,
    is_corrected: bool,
}

/// The list, and what was taken from it.
pub struct List {
    is_keyed: bool,
    lines: Vec<Line>,
    removed: Vec<Line>,
    /// As a run took it last.
    accepted: Vec<Line>,
    /// How many people there were.
    added: usize,
    /// Whose row ever had another title.
    retitled: BTreeSet<usize>,
}

impl List {
    pub fn new(case: &Case) -> Self {
        let lines: Vec<Line> = case.people.iter().enumerate().map(Line::new).collect();
        Self {
            is_keyed: case.is_keyed,
            accepted: lines.clone(),
            added: lines.len(),
            lines,
            removed: Vec::new(),
            retitled: BTreeSet::new(),
        }
    }

    /// Edits the list, if the step is an edit.
    pub fn edit(&mut self, step: &Step) {
        let length = self.lines.len();
        match step {
            Step::Add(person) => {
                self.lines.push(Line::new((self.added, person)));
                self.added += 1;
            }
            // A list without rows is refused, which is another test's subject.
            Step::Remove(index) if length > 1 => {
                self.removed.push(self.lines.remove(index % length));
            }
            Step::Restore { is_retitled } => {
                let Some(line) = self.removed.pop() else {
                    return;
                };
                self.lines.push(line);
                if *is_retitled {
                    self.retitle(length);
                }
            }
            Step::Reverse => self.lines.reverse(),
            Step::Rotate(by) => self.lines.rotate_left(by % length),
            Step::Retitle(index) => self.retitle(index % length),
            _ => {}
        }
    }

    fn retitle(&mut self, index: usize) {
        self.lines[index].title += 1;
        self.retitled.insert(self.lines[index].number);
    }

    /// The author corrects an address.
    pub fn correct(&mut self, before: &str) {
        let is_meant = |line: &&mut Line| email(line.number, false) == before;
        if let Some(line) = self.lines.iter_mut().find(is_meant) {
            line.is_corrected = true;
        }
    }

    /// A run took the list, or refused it: then the author takes the edits back.
    pub fn was_taken(&mut self, taken: bool) {
        if taken {
            self.accepted.clone_from(&self.lines);
        } else {
            let given_up = std::mem::take(&mut self.lines);
            self.lines.clone_from(&self.accepted);
            let is_gone = |line: &Line| self.lines.iter().all(|kept| kept.number != line.number);
            self.removed.extend(given_up.into_iter().filter(is_gone));
            let numbers: BTreeSet<usize> = self.lines.iter().map(|line| line.number).collect();
            self.removed.retain(|line| !numbers.contains(&line.number));
        }
    }

    /// Whether a second copy for this person could be meant.
    pub fn was_retitled(&self, number: usize) -> bool {
        self.retitled.contains(&number)
    }

    pub fn csv(&self) -> String {
        let lines = self.lines.iter().map(|line| line.text(self.is_keyed));
        let key = if self.is_keyed { "row_id," } else { "" };
        format!("{key}{HEADER}\n{}", lines.collect::<String>())
    }
}

impl Line {
    fn new((number, person): (usize, &Person)) -> Self {
        Self {
            number,
            source: person.source,
            transaction_id: person.transaction_id,
            title: 0,
            is_corrected: false,
        }
    }

    fn text(&self, is_keyed: bool) -> String {
        let key = match is_keyed {
            true => format!("k{},", self.number),
            false => String::new(),
        };
        let transaction_id = match self.transaction_id {
            Given::Nothing => String::new(),
            Given::Own => format!("own-{}", self.number),
            Given::Shared => SHARED.into(),
        };
        format!(
            "{key}{transaction_id},3f0c6c1e-0000-4000-8000-00000000000{},Lease {},Li,{}\n",
            self.source,
            self.title,
            email(self.number, self.is_corrected)
        )
    }
}

/// The transaction id of several rows.
pub const SHARED: &str = "shared";

/// A person's address; corrected, the service has no fault for it.
pub fn email(number: usize, is_corrected: bool) -> String {
    let mark = if is_corrected { "x" } else { "" };
    format!("p{number}{mark}@example.com")
}

/// Whose address stands in an audience.
pub fn person_of(audience: &str) -> usize {
    let (before, _) = audience.split_once('@').unwrap();
    let (_, number) = before.rsplit_once('p').unwrap();
    number.trim_end_matches('x').parse().unwrap()
}
