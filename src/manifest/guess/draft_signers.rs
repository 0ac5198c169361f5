//! The signers of a drafted mapping file: the one who is mailed, and the others as questions.

use super::column_facts::ColumnFacts;
use super::draft_text::{DraftText, named};
use super::expression::{address, constant, template, toml_key};
use super::header_words::Meaning;
use super::list_facts::ListFacts;
use super::signers::{NameGuess, SignerGuess};
use super::source_session::{SourceSession, SourceSigner};
use crate::support::{singular_or, thousands};

/// The signers of a mapping file as they are written.
pub(super) struct SignersDraft<'d> {
    pub(super) text: &'d mut DraftText,
    pub(super) list: &'d ListFacts,
    /// Columns of which something was made.
    pub(super) taken: &'d mut Vec<usize>,
    pub(super) guessed: &'d mut Vec<String>,
    pub(super) to_fill: &'d mut Vec<&'static str>,
    /// What its user is asked.
    pub(super) questions: Vec<String>,
}

/// Whether a signer's members are written to be used, or as comments.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    Used,
    AsComments,
}

impl SignersDraft<'_> {
    /// Writes those that the list shows: the first as a signer, the others as comments.
    pub(super) fn write(mut self, signers: &[SignerGuess]) -> Vec<String> {
        let (mailed, others) = mailed_and_others(signers);
        self.text.empty_line();
        if mailed.is_none() {
            self.say_nobody_is_mailed();
        }
        self.text.head(mailed.is_none(), "signers");
        self.write_mailed(mailed);
        self.write_role_to_fill();
        self.write_merge_fields(mailed, others);
        for other in others {
            self.text.empty_line();
            self.ask_for_signer(other);
            self.text.head(true, "signers");
            self.write_members(other, Written::AsComments);
            self.text.blank("role", "");
        }
        self.questions
    }

    /// Writes those of the source, and fills the one whom the list's people probably are.
    pub(super) fn write_of_source(
        mut self,
        signers: &[SignerGuess],
        source: &SourceSession,
    ) -> Vec<String> {
        let (mailed, others) = mailed_and_others(signers);
        let words = mailed.map(|signer| &self.list.columns[signer.email].words.rest);
        let (filled, why) = source.mailed_signer(words.map_or(&[], Vec::as_slice));
        let of_role = |other: &&SignerGuess, signer: &SourceSigner| {
            signer.is_called(&self.list.columns[other.email].words.rest)
        };
        let placed: Vec<Option<&SignerGuess>> = source
            .signers
            .iter()
            .map(|signer| others.iter().find(|other| of_role(other, signer)))
            .collect();
        self.say_who_is_mailed(source, filled, why);
        for (at, signer) in source.signers.iter().enumerate() {
            self.text.empty_line();
            let number = at + 1;
            let is_filled = at == filled;
            // A signer without both an id and an address is none.
            let is_comment = signer.known_id().is_none() && !(is_filled && mailed.is_some());
            self.text.head(is_comment, "signers");
            let mut text = format!("Signer {number} of the source: {}.", signer.described());
            if is_filled {
                text += &format!(" The people of the list sign as this one, {why}.");
            }
            self.text.comment(&text);
            self.write_constants(signer, is_comment);
            match placed[at] {
                _ if is_filled => {
                    if mailed.is_none() {
                        self.say_nobody_is_mailed();
                    }
                    self.write_mailed(mailed);
                    self.write_merge_fields(mailed, others);
                }
                Some(other) => {
                    self.ask_for_signer(other);
                    self.write_members(other, Written::AsComments);
                }
                None => {
                    let note = "the same person in every copy; as it is, the source's stays";
                    match signer.email.as_str() {
                        "" => self.text.blank("email", note),
                        email => self.text.value(true, "email", &constant(email), note),
                    }
                }
            }
        }
        for other in others
            .iter()
            .filter(|other| !placed.iter().flatten().any(|one| one.email == other.email))
        {
            self.text.empty_line();
            self.ask_for_signer(other);
            self.write_members(other, Written::AsComments);
        }
        self.questions
    }

    /// A choice among several signers must not go unseen.
    fn say_who_is_mailed(&mut self, source: &SourceSession, filled: usize, why: &str) {
        let count = source.signers.len();
        if count > 1 {
            let (role, number) = (source.signers[filled].role.trim(), filled + 1);
            self.questions.push(format!(
                "the people of the list sign as signer {number} of {count} ('{role}'), {why}: if they don't, correct the \
                 mapping file"
            ));
        }
    }

    /// What the service knows a signer by.
    fn write_constants(&mut self, signer: &SourceSigner, is_comment: bool) {
        let members = [("id", signer.known_id()), ("role", signer.known_role())];
        for (key, value) in members {
            if let Some(value) = value {
                self.text.value(is_comment, key, &constant(value), "");
            }
        }
    }

    fn write_mailed(&mut self, mailed: Option<&SignerGuess>) {
        match mailed {
            Some(signer) => self.write_members(signer, Written::Used),
            None => {
                for key in ["email", "first_name", "last_name"] {
                    self.text.blank(key, "");
                }
                self.to_fill.push("the signer's email");
            }
        }
    }

    fn write_members(&mut self, signer: &SignerGuess, written: Written) {
        let email = &self.list.columns[signer.email];
        if written == Written::Used {
            let text = format!("{}: {}.", named(email), addresses_of(email, self.list.rows));
            self.text.comment(&text);
            let header = &email.header;
            self.guessed
                .push(format!("the signer's email from column '{header}'"));
        }
        let is_comment = written == Written::AsComments;
        if is_comment && email.filled < self.list.rows {
            self.text.flag(
                "optional",
                "a row in which they are empty has no such signer",
            );
        }
        self.text.value(
            is_comment,
            "email",
            &address(&email.header, email.in_brackets > 0),
            "",
        );
        self.taken.push(signer.email);
        self.write_name("first_name", signer.first_name.as_ref(), written);
        self.write_name("last_name", signer.last_name.as_ref(), written);
    }

    fn write_name(&mut self, key: &'static str, name: Option<&NameGuess>, written: Written) {
        let is_used = written == Written::Used;
        let Some(name) = name else {
            if is_used {
                self.text.blank(key, "fill in: no column was recognised");
                self.to_fill.push(key);
            }
            return;
        };
        let column = &self.list.columns[name.at];
        if is_used {
            // Both parts of a whole name have the same one.
            if !self.taken.contains(&name.at) {
                let text = format!("{}: {}.", named(column), name.reason);
                self.text.comment(&text);
            }
            self.guessed
                .push(format!("{key} from column '{}'", column.header));
        }
        self.text.value(!is_used, key, &name.template, "");
        self.taken.push(name.at);
    }

    fn write_role_to_fill(&mut self) {
        let note = "fill in: the signer's role in the source session; `esign-copy init --online ID` asks for it";
        self.text.blank("role", note);
        self.to_fill.push("role");
    }

    /// Every column that is nothing else, as a merge field to choose.
    fn write_merge_fields(&mut self, mailed: Option<&SignerGuess>, others: &[SignerGuess]) {
        let of_signers = mailed.into_iter().chain(others);
        let of_signers: Vec<usize> = of_signers.flat_map(SignerGuess::columns).collect();
        let list = self.list;
        let free: Vec<&ColumnFacts> = (0..)
            .zip(&list.columns)
            .filter(|(at, column)| {
                let is_taken = self.taken.contains(at) || of_signers.contains(at);
                column.is_usable(list.rows) && !is_taken && !column.means(Meaning::Expiry)
            })
            .map(|(_, column)| column)
            .collect();
        if free.is_empty() {
            return;
        }
        self.text.comment(
            "The other columns, as merge fields of this signer. Remove the # from those that the documents have, \
             and give them the documents' names. At the end of each line is the first row's cell.",
        );
        for column in free {
            let key = format!("merge.{}", toml_key(&column.header));
            let value = template(&column.header);
            self.text.value(true, &key, &value, &column.example);
        }
    }

    fn say_nobody_is_mailed(&mut self) {
        self.questions.push(
            "no column clearly holds the e-mail addresses of the people who sign: fill in the signer"
                .into(),
        );
        let holds = match self.list.columns.iter().any(|one| one.addresses > 0) {
            true => "No column clearly holds the e-mail addresses of the people who sign.",
            false => "No column holds e-mail addresses.",
        };
        self.text.comment(&format!(
            "{holds} Fill in the signer, or ask for a list that has them:"
        ));
        let columns = self.list.columns.iter();
        for column in columns.filter(|one| one.near_addresses * 2 > one.filled) {
            self.text.comment(&format!(
                "{} has cells with an @ that are no single address, such as 'a@example.com, b@example.com'. A signer has one address: put them right in the list, or cut one out by a template.",
                named(column)
            ));
        }
    }

    fn ask_for_signer(&mut self, other: &SignerGuess) {
        let column = &self.list.columns[other.email];
        let cells = addresses_of(column, self.list.rows);
        let text = format!(
            "{} holds e-mail addresses too ({cells}). If this is another person who signs the same copy, remove the \
             # from these lines; otherwise leave them or delete them.",
            named(column)
        );
        self.text.comment(&text);
        self.questions.push(format!(
            "column '{}' holds e-mail addresses too, and is not used: see the question in the mapping file",
            column.header
        ));
    }
}

/// Who is mailed unasked, and everybody else.
fn mailed_and_others(signers: &[SignerGuess]) -> (Option<&SignerGuess>, &[SignerGuess]) {
    match signers.split_first() {
        Some((first, others)) if !first.is_of_others => (Some(first), others),
        _ => (None, signers),
    }
}

/// `12 of 14 cells are e-mail addresses, 2 are empty`
fn addresses_of(column: &ColumnFacts, rows: u64) -> String {
    if rows == 0 {
        return "its name says so, and there are no rows".into();
    }
    let (addresses, empty) = (column.addresses, rows - column.filled);
    let (in_brackets, others) = (column.in_brackets, column.not_addresses());
    let are = singular_or(addresses, "is an e-mail address", "are e-mail addresses");
    let mut text = format!(
        "{} of {} {} {are}",
        thousands(addresses),
        thousands(rows),
        singular_or(rows, "cell", "cells")
    );
    if in_brackets > 0 {
        let have = singular_or(in_brackets, "has", "have");
        text += &format!(
            ", {} {have} a name before the address",
            thousands(in_brackets)
        );
    }
    if empty > 0 {
        let are = singular_or(empty, "is", "are");
        text += &format!(", {} {are} empty", thousands(empty));
    }
    if others > 0 {
        let are = singular_or(others, "is not one", "are none");
        text += &format!(", {} {are}", thousands(others));
    }
    text
}
