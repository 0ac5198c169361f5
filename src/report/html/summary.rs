//! What is above the table, gathered in a first pass over the lines.

use super::causes::Causes;

use super::timeline::Timeline;
use crate::job::{ErrorClass, ReportLine, RowCounts, Status};
use crate::support::{singular_or, thousands};

/// What a first pass over the lines finds out, in bounded memory.
#[derive(Debug, Default)]
pub struct HtmlSummary {
    pub(super) counts: RowCounts,
    /// Lines of rows that the list no longer has and that don't count.
    pub(super) gone: u64,
    pub(super) causes: Causes,
    pub(super) timeline: Timeline,
}

impl HtmlSummary {
    /// Counts a line.
    pub fn add(&mut self, line: &ReportLine) {
        // As the exit code judges: of the rows that the list no longer has, only uncertain ones
        // still ask for somebody's attention.
        if line.number.is_none() && line.status != Status::Uncertain {
            self.gone += 1;
            return;
        }
        *self.counts.of_mut(line.status) += 1;
        self.counts.excluded += u64::from(line.error_class == Some(ErrorClass::Excluded));
        if line.status != Status::Copied {
            self.causes.add(line);
        }
        if let Some(finished_at) = line.finished_at {
            self.timeline.add(line.status, finished_at);
        }
    }

    /// What happened, in one sentence.
    pub(super) fn sentence(&self, is_working: bool) -> String {
        let (copied, total) = (self.counts.copied, self.counts.total());
        let all = thousands(total);
        let made = match (copied, total) {
            (_, 0) => return "The list has no rows, so there was nothing to copy.".into(),
            (1, 1) => "the one copy was made".into(),
            (0, 1) => "the one copy was not made".into(),
            (0, _) => format!("none of {all} copies were made"),
            (_, _) if copied == total => format!("all {all} copies were made"),
            (1, _) => format!("1 of {all} copies was made"),
            (_, _) => format!("{} of {all} copies were made", thousands(copied)),
        };
        let made = match is_working {
            true => format!("So far, {made}"),
            false => made[..1].to_uppercase() + &made[1..],
        };
        let rest = [
            (self.counts.to_correct(), "", "failed"),
            (self.counts.excluded, "is ", "excluded"),
            (self.counts.uncertain, "is ", "uncertain"),
            (self.counts.pending, "is ", "pending"),
        ];
        let rest = rest.into_iter().filter(|(count, ..)| *count > 0);
        let rest = rest.map(|(count, verb, what)| {
            let verb = singular_or(count, verb, &verb.replace("is", "are")).to_owned();
            format!("{} {verb}{what}", thousands(count))
        });
        let rest: Vec<String> = rest.collect();
        let separator = if rest.is_empty() { "" } else { "; " };
        format!("{made}{separator}{}.", rest.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::html::tests::line;

    fn sentence(counts: [u64; 4]) -> String {
        let mut summary = HtmlSummary::default();
        for (status, count) in Status::ALL.into_iter().zip(counts) {
            (0..count).for_each(|_| summary.add(&line(status, "x")));
        }
        summary.sentence(false)
    }

    #[test]
    fn the_sentence_is_one_that_a_person_would_say() {
        for (counts, said) in [
            (
                [57, 2, 1, 0],
                "57 of 60 copies were made; 2 failed, 1 is uncertain.",
            ),
            ([1_200, 0, 0, 0], "All 1,200 copies were made."),
            (
                [1, 1, 2, 3],
                "1 of 7 copies was made; 1 failed, 2 are uncertain, 3 are pending.",
            ),
            ([0, 0, 0, 9], "None of 9 copies were made; 9 are pending."),
            ([1, 0, 0, 0], "The one copy was made."),
            ([0, 1, 0, 0], "The one copy was not made; 1 failed."),
            (
                [0, 0, 0, 0],
                "The list has no rows, so there was nothing to copy.",
            ),
        ] {
            assert_eq!(sentence(counts), said);
        }
    }

    #[test]
    fn rows_that_the_list_no_longer_has_count_only_while_they_are_uncertain() {
        let mut summary = HtmlSummary::default();
        for status in [Status::Copied, Status::Failed, Status::Uncertain] {
            let mut line = line(status, "x");
            line.number = None;
            summary.add(&line);
        }
        assert_eq!((summary.counts.total(), summary.gone), (1, 2));
        assert_eq!(
            summary.sentence(true),
            "So far, the one copy was not made; 1 is uncertain."
        );
    }
}
