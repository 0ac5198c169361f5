//! How the cells of a column are made up, if they are names.

use super::role_words::is_among;

/// How the cells of a column are made up, if they are names.
#[derive(Debug, Default)]
pub(super) struct NameCells {
    cells: u64,
    several_words: u64,
    /// `Li, Ana`
    commas: u64,
    /// `Muster GmbH`
    companies: u64,
    /// `Frau Ana Li`
    salutations: u64,
    /// `Ana und Bo Li`
    pairs: u64,
}

/// How the parts of whole names stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameForm {
    /// `Ana Li`
    Words,
    /// `Li, Ana`
    Comma,
    /// Some so, some so.
    Mixed,
    /// `Frau Ana Li`
    Salutation,
}

const COMPANIES: &str =
    "ag bv co corp eg ev gbr gmbh inc kg limited llc llp ltd ohg plc sa sarl sas se sl spa srl ug";

const SALUTATIONS: &str =
    "frau herr herrn m madame mme mlle monsieur mr mrs ms miss sr sra srta senor senora don dona";

const ANDS: &str = "& + / and et o oder or u und y";

impl NameCells {
    /// Takes a cell that holds something.
    pub(super) fn take(&mut self, cell: &str) {
        self.cells += 1;
        let plain = |word: &str| -> String {
            let letters = word.chars().filter(|letter| !matches!(letter, '.' | ','));
            letters.flat_map(char::to_lowercase).collect()
        };
        let mut words = cell.split_whitespace();
        let (first, last) = (words.next().map(plain), words.next_back().map(plain));
        let is = |word: &Option<String>, among: &str| {
            word.as_deref().is_some_and(|word| is_among(among, word))
        };
        self.several_words += u64::from(last.is_some());
        self.commas += u64::from(is_turned(cell));
        self.companies += u64::from(is(&last, COMPANIES));
        self.salutations += u64::from(last.is_some() && is(&first, SALUTATIONS));
        self.pairs += u64::from(words.any(|word| is_among(ANDS, &plain(word))));
    }

    /// Whether most cells are more than one word, as whole names are, and no companies.
    pub(super) fn are_whole(&self) -> bool {
        self.several_words * 2 > self.cells && !self.are_companies()
    }

    pub(super) fn are_companies(&self) -> bool {
        self.companies * 2 > self.cells
    }

    /// How their parts stand; none where several forms are mixed that no template tells apart.
    pub(super) fn form(&self) -> Option<NameForm> {
        let all = |count: u64| count == self.cells && count > 0;
        match (self.commas, self.salutations) {
            (0, 0) => Some(NameForm::Words),
            (0, salutations) if all(salutations) => Some(NameForm::Salutation),
            (_, 0) if all(self.commas) => Some(NameForm::Comma),
            (_, 0) => Some(NameForm::Mixed),
            _ => None,
        }
    }

    /// Cells that seem to name two people.
    pub(super) fn pairs(&self) -> u64 {
        self.pairs
    }
}

/// Last name, comma, first names.
fn is_turned(cell: &str) -> bool {
    let parts = cell.split_once(',');
    parts.is_some_and(|(last, first)| {
        !last.trim().is_empty() && !first.trim().is_empty() && !first.contains(',')
    })
}
