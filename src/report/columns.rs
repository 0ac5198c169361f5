//! The columns of one report: the report's own, then those of its manifest.

use crate::job::{Column, REPORT_COLUMNS, ReportCell, ReportLine, is_report_column};

/// The columns of a report in their order.
pub(super) struct ReportColumns {
    /// The columns of the manifest that are not the report's own, with what they mean.
    of_manifest: Vec<(String, Option<Column>)>,
}

impl ReportColumns {
    pub(super) fn new(manifest_columns: &[String]) -> Self {
        let extra = manifest_columns.iter();
        let extra = extra.filter(|name| !is_report_column(name));
        Self {
            of_manifest: extra
                .map(|name| (name.clone(), name.parse().ok()))
                .collect(),
        }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let own = REPORT_COLUMNS.iter().map(|column| column.name);
        own.chain(self.of_manifest.iter().map(|(name, _)| name.as_str()))
    }

    /// The name and the cell of every column in a line.
    pub(super) fn cells<'a>(
        &'a self,
        line: &'a ReportLine,
    ) -> impl Iterator<Item = (&'a str, Option<ReportCell<'a>>)> {
        let own = REPORT_COLUMNS
            .iter()
            .map(|column| (column.name, (column.cell)(line)));
        let extra = self.of_manifest.iter().map(|(name, known)| {
            let text = match known {
                Some(column) => line.field(column),
                None => line.other.get(name).map_or("", String::as_str),
            };
            (name.as_str(), ReportCell::of_text(text))
        });
        own.chain(extra)
    }
}
