//! What the columns of a list or report mean for the import of its rows.

use crate::job::Column;

/// The columns of a list once it is read to its end.
#[derive(Debug, Clone, Default)]
pub struct ListColumns {
    /// The columns as a report names them.
    pub names: Vec<String>,
    /// The column that holds e-mail addresses although it is no signer's.
    pub addresses: Option<String>,
    /// The list's own columns that a mapping fills the known ones from, if one does.
    pub mapped_from: Option<Vec<String>>,
    /// The header is refused: what its columns mean is not known.
    pub is_header_refused: bool,
}

impl ListColumns {
    /// Whether one of them is for signers.
    pub(super) fn name_signers(&self) -> bool {
        let mut names = self.names.iter();
        names.any(|name| matches!(name.parse(), Ok(Column::Signer(..))))
    }
}
