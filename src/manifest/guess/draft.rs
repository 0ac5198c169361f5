//! The mapping file that is drafted for a list: what it guesses, with the reasons, and what it leaves to fill in.

use super::column_facts::ColumnFacts;
use super::draft_signers::SignersDraft;
use super::draft_text::{DraftText, named};
use super::expression::template;
use super::header_words::Meaning;
use super::key_check::COMPARED;
use super::keys::{Keys, find_key, find_source};
use super::list_facts::ListFacts;
use super::signers::{SignerGuess, find_signers};
use super::source_session::SourceSession;
use crate::support::{counted, singular_or, thousands};

/// A mapping file for a list.
#[derive(Debug)]
pub struct MappingDraft {
    /// The file's text.
    pub text: String,
    /// What was guessed, as `signer e-mail from column 'E-Mail'`.
    pub guessed: Vec<String>,
    /// What is left to fill in, by its names.
    pub to_fill: Vec<&'static str>,
    /// What its user is asked.
    pub questions: Vec<String>,
}

/// What a draft says of the commands around it.
#[derive(Debug, Clone, Copy)]
pub struct DraftNames<'a> {
    /// The list's name.
    pub list: &'a str,
    /// The command that checks the list with the mapping.
    pub check: &'a str,
}

/// Drafts the mapping file of a list; with the signers of the source, where they are known.
pub fn draft_mapping(
    mut list: ListFacts,
    names: DraftNames<'_>,
    source: Option<&SourceSession>,
) -> MappingDraft {
    let keys = find_key(&mut list);
    let (source_column, with_ids) = find_source(&list);
    let signers = find_signers(&list);
    let mut draft = Draft {
        text: DraftText::default(),
        guessed: Vec::new(),
        to_fill: Vec::new(),
        taken: Vec::new(),
        list: &list,
    };
    draft.write_head(names);
    match (source, source_column) {
        (Some(source), _) => draft.write_known_source(source),
        (None, Some(at)) => draft.write_source_column(at),
        (None, None) => draft.write_no_source(),
    }
    let is_key = |at: &usize| keys.found.as_ref().is_some_and(|key| key.at == *at);
    for at in with_ids.iter().filter(|at| !is_key(at)) {
        draft.ask_for_source(*at);
    }
    draft.write_key(&keys);
    draft.write_session();
    let mut questions = draft.write_people(&signers, source);
    questions.extend(draft.write_left_out());
    MappingDraft {
        text: draft.text.into_text(),
        guessed: draft.guessed,
        to_fill: draft.to_fill,
        questions,
    }
}

/// A mapping file as it is written.
struct Draft<'l> {
    text: DraftText,
    guessed: Vec<String>,
    to_fill: Vec<&'static str>,
    /// Columns that are no merge fields: something else was made of them.
    taken: Vec<usize>,
    list: &'l ListFacts,
}

impl Draft<'_> {
    fn write_head(&mut self, names: DraftNames<'_>) {
        let list = names.list;
        self.text.comment(&format!(
            "How the columns of {list} fill a copy: the guesses of `esign-copy init`, each with its reason."
        ));
        self.text.comment(
            "Look through them, fill in what is missing, and remove the # from the lines that you want. Then:",
        );
        self.text.command(names.check);
        self.text.comment(
            "{{ }} holds a column of the list: {{ Name }}, or {{ row[\"E-Mail\"] }} if its name has characters \
             other than letters and digits. Text without {{ }} is the same for every row.",
        );
        self.text.empty_line();
    }

    fn write_known_source(&mut self, source: &SourceSession) {
        let signers = counted(source.signers.len() as u64, "signer");
        let text = format!("The source session is '{}', with {signers}.", source.title);
        self.text.comment(&text);
        let id = source.id.to_string();
        self.text.value(false, "source_session_id", &id, "");
    }

    fn write_source_column(&mut self, at: usize) {
        let column = &self.list.columns[at];
        let text = format!(
            "{}: ids of sessions in every cell, and the session to copy by its header.",
            named(column)
        );
        self.text.comment(&text);
        let value = template(&column.header);
        self.text.value(false, "source_session_id", &value, "");
        self.take(at, "source_session_id");
    }

    fn write_no_source(&mut self) {
        let note = "fill in: the id of the session to copy";
        self.text.blank("source_session_id", note);
        self.to_fill.push("source_session_id");
    }

    fn ask_for_source(&mut self, at: usize) {
        let column = &self.list.columns[at];
        let text = format!(
            "{} holds ids of the same form. Are these the sessions to copy? Then:",
            named(column)
        );
        self.text.comment(&text);
        let value = template(&column.header);
        self.text.value(true, "source_session_id", &value, "");
    }

    fn write_key(&mut self, keys: &Keys) {
        self.text.empty_line();
        for (at, why) in &keys.refused {
            let text = format!(
                "{} can't be the row_id: {why}.",
                named(&self.list.columns[*at])
            );
            self.text.comment(&text);
        }
        let Some(key) = &keys.found else {
            let note = "optional: your own number or id of each row, different in every row";
            self.text.blank("row_id", note);
            return;
        };
        let column = &self.list.columns[key.at];
        let compared = match key.is_partial {
            true => format!(" (not compared beyond row {})", thousands(COMPARED as u64)),
            false => String::new(),
        };
        let cells = cells_of(self.list.rows);
        let text = format!(
            "{}: a number or id by its header, and its {cells} all differ{compared}.",
            named(column)
        );
        self.text.comment(&text);
        self.text
            .value(false, "row_id", &template(&column.header), "");
        self.take(key.at, "row_id");
    }

    fn write_session(&mut self) {
        self.text.empty_line();
        let last_name = self
            .list
            .columns
            .iter()
            .find(|column| column.means(Meaning::LastName));
        let example = last_name
            .map(|column| format!(". With a cell: 'Contract for {}'", template(&column.header)));
        let note = format!("fill in: the copy's title{}", example.unwrap_or_default());
        self.text.blank("title", &note);
        self.to_fill.push("title");
        let columns = self.list.columns.iter().enumerate();
        let ends =
            columns.filter(|(_, one)| one.means(Meaning::Expiry) && one.is_usable(self.list.rows));
        for (_, column) in ends {
            let text = format!(
                "Does the copy expire on the day in {}? It must be written YYYY-MM-DD.",
                named(column)
            );
            self.text.comment(&text);
            self.text
                .value(true, "expires_on", &template(&column.header), "");
        }
        let note = "without this line nobody is invited by e-mail";
        self.text.flag("send_signer_invites", note);
    }

    fn write_people(
        &mut self,
        signers: &[SignerGuess],
        source: Option<&SourceSession>,
    ) -> Vec<String> {
        let people = SignersDraft {
            text: &mut self.text,
            list: self.list,
            taken: &mut self.taken,
            guessed: &mut self.guessed,
            to_fill: &mut self.to_fill,
            questions: Vec::new(),
        };
        match source {
            Some(source) if !source.signers.is_empty() => people.write_of_source(signers, source),
            _ => people.write(signers),
        }
    }

    /// Columns of which nothing can be made: the empty ones, and those that must be renamed in the list.
    fn write_left_out(&mut self) -> Option<String> {
        let named = || {
            self.list
                .columns
                .iter()
                .filter(|column| !column.header.is_empty())
        };
        let empty = named().filter(|column| column.filled == 0 && !column.is_double);
        let empty = headers(empty);
        let double = headers(named().filter(|column| column.is_double));
        if !empty.is_empty() && self.list.rows > 0 {
            self.text.empty_line();
            self.text
                .comment(&format!("Columns without a cell: {empty}"));
        }
        if double.is_empty() {
            return None;
        }
        let text = format!("several columns are called {double}: rename them in the list");
        self.text.empty_line();
        self.text.comment(&format!("To do first: {text}."));
        Some(text)
    }

    fn take(&mut self, at: usize, known: &str) {
        self.taken.push(at);
        let header = &self.list.columns[at].header;
        self.guessed.push(format!("{known} from column '{header}'"));
    }
}

/// `'Name', 'E-Mail'`, each once.
fn headers<'c>(columns: impl Iterator<Item = &'c ColumnFacts>) -> String {
    let mut names: Vec<String> = Vec::new();
    for column in columns {
        let name = format!("'{}'", column.header);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}

/// `12 cells`
fn cells_of(count: u64) -> String {
    format!(
        "{} {}",
        thousands(count),
        singular_or(count, "cell", "cells")
    )
}
