//! Which row of a sheet each record of its text comes from: rows without a cell have none.

/// The rows of records, kept only where one does not follow the other.
#[derive(Debug, Clone, Default)]
pub(super) struct SheetRows {
    /// Each record that begins a block of rows, with its row.
    blocks: Vec<(u64, u64)>,
    records: u64,
}

impl SheetRows {
    /// Adds the next record, of a row further down.
    pub(super) fn add(&mut self, row: u64) {
        if self.records == 0 || self.row_of(self.records) != row {
            self.blocks.push((self.records, row));
        }
        self.records += 1;
    }

    /// The row of the last record, if there is one.
    pub(super) fn last(&self) -> Option<u64> {
        self.records.checked_sub(1).map(|last| self.row_of(last))
    }

    /// The row of a record; both count from 0 and 1.
    pub(super) fn row_of(&self, record: u64) -> u64 {
        let behind = self.blocks.partition_point(|(first, _)| *first <= record);
        match behind.checked_sub(1).map(|at| self.blocks[at]) {
            Some((first, row)) => row + (record - first),
            None => record + 1,
        }
    }

    /// How many rows between others have no record, and the first of them.
    pub(super) fn left_out(&self) -> Option<(u64, u64)> {
        let gaps = self.blocks.windows(2).map(|pair| {
            let ((first, row), (next, row_of_next)) = (pair[0], pair[1]);
            let expected = row + (next - first);
            (row_of_next - expected, expected)
        });
        gaps.reduce(|(count, first), (more, _)| (count + more, first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_without_a_record_are_known() {
        let mut rows = SheetRows::default();
        for row in [3, 4, 7, 8, 10] {
            rows.add(row);
        }
        assert_eq!(
            [0, 1, 2, 3, 4].map(|record| rows.row_of(record)),
            [3, 4, 7, 8, 10]
        );
        assert_eq!(rows.row_of(5), 11);
        assert_eq!(rows.left_out(), Some((3, 5)));
        assert_eq!(SheetRows::default().left_out(), None);
        assert_eq!(SheetRows::default().row_of(2), 3);
    }
}
