use super::causes::Causes;
use super::markup::thousands;
use super::timeline::Timeline;
use crate::job::{ReportLine, Status};

/// What the first pass over the lines finds out, in bounded memory: what stands above the table.
#[derive(Debug, Default)]
pub struct HtmlSummary {
    counts: [u64; Status::ALL.len()],
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
        self.counts[place(line.status)] += 1;
        if line.status != Status::Copied {
            self.causes.see(line);
        }
        if let Some(finished_at) = line.finished_at {
            self.timeline.see(line.status, finished_at);
        }
    }

    pub(super) fn count(&self, status: Status) -> u64 {
        self.counts[place(status)]
    }

    pub(super) fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// What happened, in one sentence.
    pub(super) fn sentence(&self, is_working: bool) -> String {
        let [copied, failed, uncertain, pending] = Status::ALL.map(|status| self.count(status));
        let total = self.total();
        let so_far = if is_working { "So far, " } else { "" };
        let made = match (copied, total) {
            (_, 0) => return "The list has no rows, so there was nothing to copy.".into(),
            (1, 1) => "the one copy was made".into(),
            (0, 1) => "the one copy was not made".into(),
            (0, _) => format!("none of {} copies were made", thousands(total)),
            (_, _) if copied == total => format!("all {} copies were made", thousands(total)),
            _ => {
                let were = if copied == 1 { "was" } else { "were" };
                format!(
                    "{} of {} copies {were} made",
                    thousands(copied),
                    thousands(total)
                )
            }
        };
        let is = |count| if count == 1 { "is" } else { "are" };
        let mut rest = Vec::new();
        if failed > 0 {
            rest.push(format!("{} failed", thousands(failed)));
        }
        if uncertain > 0 {
            rest.push(format!(
                "{} {} uncertain",
                thousands(uncertain),
                is(uncertain)
            ));
        }
        if pending > 0 {
            rest.push(format!(
                "{} {} still to do",
                thousands(pending),
                is(pending)
            ));
        }
        let mut sentence = format!("{so_far}{made}");
        if !rest.is_empty() {
            sentence += "; ";
            sentence += &rest.join(", ");
        }
        sentence.push('.');
        capitalised(&sentence)
    }
}

fn place(status: Status) -> usize {
    let place = Status::ALL.iter().position(|other| *other == status);
    place.unwrap_or_default()
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
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
                "1 of 7 copies was made; 1 failed, 2 are uncertain, 3 are still to do.",
            ),
            (
                [0, 0, 0, 9],
                "None of 9 copies were made; 9 are still to do.",
            ),
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
        assert_eq!((summary.total(), summary.gone), (1, 2));
        assert_eq!(
            summary.sentence(true),
            "So far, the one copy was not made; 1 is uncertain."
        );
    }
}
