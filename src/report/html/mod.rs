//! The report as one page for people who never open a terminal: self-contained, useful without
//! its script and on paper.

mod advice;
mod causes;
mod markup;
mod page;
mod summary;
mod table;
mod timeline;

pub use page::page_marker;

use std::io::{self, Write};

use jiff::Timestamp;

pub use summary::HtmlSummary;

use super::ReportWriter;
use crate::job::{ReportLine, StopKind};
use markup::Markup;

/// How every such page begins: what may be overwritten by the next one.
pub const HTML_REPORT_START: &str =
    "<!DOCTYPE html>\n<html lang=en><meta name=generator content=\"esign-copy report\">";

/// What the page says of the job besides its lines.
#[derive(Debug, Clone)]
pub struct HtmlFacts {
    /// What tells the pages of one list from others: see [`page_marker`].
    pub key: String,
    /// The manifest's name.
    pub manifest: String,
    /// Where requests went, in a few words.
    pub endpoint: String,
    /// Whether no real service was asked.
    pub is_rehearsal: bool,
    /// Whether a run works on the job.
    pub is_working: bool,
    /// What stopped the last run, if something did.
    pub stop: Option<String>,
    /// When the page is made.
    pub made_at: Timestamp,
    /// What whoever runs the program may do next.
    pub commands: HtmlCommands,
}

/// The files to correct and the commands to give, as they are typed.
#[derive(Debug, Clone, Default)]
pub struct HtmlCommands {
    /// The list of copies.
    pub list: String,
    /// The CSV report.
    pub report: String,
    /// Goes on with the list; in a rehearsal, rehearses it again.
    pub run: String,
    /// Sends the report's failed rows again.
    pub retry: String,
    /// Looks uncertain rows up, where the owner is known.
    pub look_up: String,
    /// Whether the sessions' owner is known.
    pub has_owner: bool,
    /// Records a person's answer, without the rows and the answer.
    pub resolve: String,
    /// What its user must know of before the next command.
    pub trouble: Option<StopKind>,
}

impl HtmlFacts {
    fn time(&self) -> String {
        self.made_at.strftime("%Y-%m-%d %H:%M UTC").to_string()
    }
}

/// A report as one HTML page. The lines are given twice, so that none has to be remembered: to an
/// [`HtmlSummary`] for what is on top, then to the page for its table.
pub struct HtmlReport<'a> {
    out: Markup<'a>,
    summary: HtmlSummary,
    facts: HtmlFacts,
}

impl<'a> HtmlReport<'a> {
    /// Writes everything above the table's rows.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn new(
        file: &'a mut dyn Write,
        facts: HtmlFacts,
        summary: HtmlSummary,
    ) -> io::Result<Self> {
        let mut out = Markup::new(file);
        page::head(&mut out, &facts)?;
        page::summary(&mut out, &facts, &summary)?;
        page::causes(&mut out, &facts, &summary)?;
        summary.timeline.write(&mut out)?;
        table::begin(&mut out, &summary)?;
        Ok(Self {
            out,
            summary,
            facts,
        })
    }
}

impl ReportWriter for HtmlReport<'_> {
    fn line(&mut self, line: &ReportLine) -> io::Result<()> {
        table::row(&mut self.out, line, self.summary.causes.place(line))
    }

    fn finish(&mut self) -> io::Result<()> {
        table::end(&mut self.out)?;
        page::foot(&mut self.out, &self.facts)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::job::{Column, Fields, Status};

    pub(super) fn line(status: Status, error: &str) -> ReportLine {
        ReportLine {
            number: Some(1),
            row_id: "r".into(),
            fields: Fields::default(),
            new_session_id: None,
            status,
            error_class: None,
            error: error.into(),
            http_status: None,
            attempts: 1,
            transaction_id: "t".into(),
            first_sent_at: None,
            finished_at: None,
            other: BTreeMap::new(),
        }
    }

    fn facts() -> HtmlFacts {
        HtmlFacts {
            key: "ledger.1".into(),
            manifest: "<m>.csv".into(),
            endpoint: "\"<e>".into(),
            is_rehearsal: true,
            is_working: false,
            stop: Some("<stop>".into()),
            made_at: Timestamp::UNIX_EPOCH,
            commands: HtmlCommands {
                list: "<list>".into(),
                report: "<report>".into(),
                ..HtmlCommands::default()
            },
        }
    }

    fn page(lines: &[ReportLine]) -> String {
        page_with(facts(), lines)
    }

    fn page_with(facts: HtmlFacts, lines: &[ReportLine]) -> String {
        let mut summary = HtmlSummary::default();
        for line in lines {
            summary.add(line);
        }
        let mut file = Vec::new();
        let mut report = HtmlReport::new(&mut file, facts, summary).unwrap();
        for line in lines {
            report.line(line).unwrap();
        }
        report.finish().unwrap();
        String::from_utf8(file).unwrap()
    }

    #[test]
    fn a_page_has_as_many_elements_whatever_stands_in_its_cells() {
        let hostile = "</script><img x=\"' y>&\u{2028}\u{202e}";
        let rows = |text: &str| -> Vec<ReportLine> {
            let row = |status| {
                let mut row = line(status, text);
                row.row_id = text.into();
                row.transaction_id = text.into();
                row.new_session_id = Some(text.into());
                for name in ["title", "signer_1_email", "signer_2_email"] {
                    row.fields.set(name.parse::<Column>().unwrap(), text);
                }
                row
            };
            Status::ALL.map(row).into()
        };
        let (tame, wild) = (page(&rows("text")), page(&rows(hostile)));
        for sign in ["<", ">", "\"", "'", "`"] {
            let count = |page: &str| page.matches(sign).count();
            assert_eq!(count(&tame), count(&wild), "{sign}");
        }
        assert!(!wild.contains(['\u{2028}', '\u{202e}']));
        assert!(wild.contains("&lt;/script&gt;&lt;img x=&quot;&#39; y&gt;&amp; \u{fffd}"));
        assert!(wild.starts_with(HTML_REPORT_START));
        assert!(wild.contains("&lt;m&gt;.csv") && wild.contains("&lt;stop&gt;"));
    }

    #[test]
    fn commands_are_given_only_where_they_help() {
        let lines = Status::ALL.map(|status| line(status, "x"));
        let commands = |facts| {
            let page = page_with(facts, &lines);
            page.matches("<p class=command>").count()
        };
        let real = || HtmlFacts {
            is_rehearsal: false,
            ..facts()
        };
        // One looks all uncertain rows up, one records an answer, one sends each other cause again.
        assert_eq!(commands(real()), 4);
        assert_eq!(commands(facts()), 3);
        let working = HtmlFacts {
            is_working: true,
            ..real()
        };
        assert_eq!(commands(working), 0);
        // After the canary nothing is sent before somebody has looked.
        let mut stopped = real();
        stopped.commands.trouble = Some(StopKind::Canary);
        assert_eq!(commands(stopped), 1);
    }

    #[test]
    fn a_page_without_rows_is_whole() {
        let page = page(&[]);
        assert!(page.contains("nothing to copy"));
        assert!(page.ends_with("</html>\n"));
    }
}
