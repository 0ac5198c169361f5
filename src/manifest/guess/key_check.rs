//! Whether the cells of a column tell all rows apart, found out in bounded memory.

use std::hash::{DefaultHasher, Hash, Hasher};

/// So many cells are compared; of longer lists the rest is not.
pub(super) const COMPARED: usize = 1_000_000;

/// The comparison begins with so many cells, so that most columns are given up early.
const FIRST_LOOK: usize = 1_000;

/// The cells of one column, as far as they are compared.
#[derive(Debug)]
pub(super) struct KeyCheck {
    hashes: Vec<u64>,
    next_look: usize,
    is_repeated: bool,
    /// Every cell is the number of its row.
    counts_rows: bool,
    cells: u64,
}

impl KeyCheck {
    pub(super) fn new() -> Self {
        Self {
            hashes: Vec::new(),
            next_look: FIRST_LOOK,
            is_repeated: false,
            counts_rows: true,
            cells: 0,
        }
    }

    /// Takes the next cell.
    pub(super) fn take(&mut self, cell: &str) {
        self.cells += 1;
        self.counts_rows &= cell.parse() == Ok(self.cells);
        if self.is_repeated || self.hashes.len() == COMPARED {
            return;
        }
        let mut hasher = DefaultHasher::new();
        cell.hash(&mut hasher);
        self.hashes.push(hasher.finish());
        if self.hashes.len() == self.next_look {
            self.look();
            self.next_look *= 2;
        }
    }

    fn look(&mut self) {
        self.hashes.sort_unstable();
        if self.hashes.windows(2).any(|pair| pair[0] == pair[1]) {
            self.is_repeated = true;
            self.hashes = Vec::new();
        }
    }

    /// Whether no two of the compared cells are equal.
    pub(super) fn is_unique(&mut self) -> bool {
        if !self.is_repeated {
            self.look();
        }
        !self.is_repeated
    }

    /// Whether cells were left out of the comparison.
    pub(super) fn is_partial(&self) -> bool {
        self.cells > COMPARED as u64
    }

    /// Whether the cells only count the rows: 1, 2, 3 ...
    pub(super) fn counts_rows(&self) -> bool {
        self.counts_rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_cell_is_found_wherever_it_stands() {
        for (first, second) in [(0, 1), (0, 999), (3, 4_999), (4_998, 4_999)] {
            let mut check = KeyCheck::new();
            let cell = |row: u32| format!("K-{}", if row == second { first } else { row });
            for row in 0..5_000 {
                check.take(&cell(row));
            }
            assert!(!check.is_unique(), "{first} {second}");
        }
    }

    #[test]
    fn a_running_number_is_no_key() {
        let check = |cells: [&str; 3]| {
            let mut check = KeyCheck::new();
            for cell in cells {
                check.take(cell);
            }
            (check.is_unique(), check.counts_rows())
        };
        assert_eq!(check(["1", "2", "3"]), (true, true));
        assert_eq!(check(["1", "3", "2"]), (true, false));
        assert_eq!(check(["A", "B", "A"]), (false, false));
    }
}
