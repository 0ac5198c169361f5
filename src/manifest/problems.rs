//! The problems of a file, each with its place; the same one in many rows is listed once.

use indexmap::IndexMap;

use crate::support::thousands;

/// So many lines are written; further problems are only counted.
const MAX_LINES: usize = 100;

/// So many kinds of problems are remembered, and so many different texts of each.
const MAX_REMEMBERED: usize = 100;

/// More different values than this with the same problem are a whole column that is wrong: the first
/// few show it, and don't hide other problems.
const MANY: usize = 20;

/// So many of them are listed then.
const FEW: usize = 10;

/// The same text in more rows is one line.
const MAX_ALONE: u64 = 3;

/// So many places of the same text are named.
const MAX_PLACES: usize = 4;

/// Something in the file that refuses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it is first: the line or record; none if it concerns the whole file.
    pub line: Option<u64>,
    /// What is wrong and what to do.
    pub text: String,
    /// How many rows have it.
    pub rows: u64,
    /// The next of these rows.
    next: Vec<u64>,
    /// How many more of its kind are not listed.
    like_it: u64,
    /// Among those of one place: the order in which they were found.
    order: u64,
}

impl Problem {
    /// What is wrong, with how often. `unit` is what the file's rows are numbered by.
    pub fn describe(&self, unit: &str) -> String {
        let text = &self.text;
        let like_it = match self.like_it {
            0 => String::new(),
            more => format!(" (and {} more like it)", thousands(more)),
        };
        let Some(first) = self.line.filter(|_| self.rows > 1) else {
            return format!("{text}{like_it}");
        };
        let places: Vec<u64> = [first]
            .into_iter()
            .chain(self.next.iter().copied())
            .collect();
        let named: Vec<String> = places.iter().map(u64::to_string).collect();
        let more = match self.rows - places.len() as u64 {
            0 => String::new(),
            more => format!(" and {} more", thousands(more)),
        };
        let rows = thousands(self.rows);
        format!(
            "{text} ({rows} rows: {unit}s {}{more}){like_it}",
            named.join(", ")
        )
    }
}

/// The problems of a file: the first of each kind in words, the rest as numbers.
#[derive(Debug, Clone, Default)]
pub struct Problems {
    /// By what they have in common.
    kinds: IndexMap<String, Kind>,
    total: u64,
    warnings: Vec<String>,
}

/// Problems that differ only in values and numbers.
#[derive(Debug, Clone, Default)]
struct Kind {
    texts: IndexMap<String, Places>,
    total: u64,
}

/// Where one text stands.
#[derive(Debug, Clone, Default)]
struct Places {
    order: u64,
    first: Vec<Option<u64>>,
    count: u64,
}

impl Problems {
    /// Adds one.
    pub fn add(&mut self, line: Option<u64>, text: impl Into<String>) {
        self.total += 1;
        let text = text.into();
        let kind = common_part(&text);
        if self.kinds.len() == MAX_REMEMBERED && !self.kinds.contains_key(&kind) {
            return;
        }
        let kind = self.kinds.entry(kind).or_default();
        kind.total += 1;
        if kind.texts.len() < MAX_REMEMBERED || kind.texts.contains_key(&text) {
            let new = || Places {
                order: self.total,
                ..Places::default()
            };
            let places = kind.texts.entry(text).or_insert_with(new);
            places.count += 1;
            if places.first.len() < MAX_PLACES {
                places.first.push(line);
            }
        }
    }

    /// Adds several of one place.
    pub fn extend(&mut self, line: Option<u64>, texts: impl IntoIterator<Item = String>) {
        texts.into_iter().for_each(|text| self.add(line, text));
    }

    /// Adds a word that refuses nothing.
    pub fn warn(&mut self, text: String) {
        self.warnings.push(text);
    }

    /// What is worth a word and refuses nothing.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Whether there is none that refuses.
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// How many there are.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Those that are listed in words, in the order of their places.
    pub fn listed(&self) -> Vec<Problem> {
        let mut listed: Vec<Problem> = self.kinds.values().flat_map(Kind::listed).collect();
        listed.sort_by_key(|problem| (problem.line, problem.order));
        listed.truncate(MAX_LINES);
        listed
    }

    /// A line for each problem that is listed: `FILE:LINE: TEXT`, then how many more there are. `unit`
    /// is what the file's rows are numbered by.
    pub fn lines(&self, place: &dyn Fn(Option<u64>) -> String, unit: &str) -> Vec<String> {
        let listed = self.listed();
        let said: u64 = listed.iter().map(|one| one.rows + one.like_it).sum();
        let lines = listed
            .iter()
            .map(|one| format!("{}: {}", place(one.line), one.describe(unit)));
        let mut lines: Vec<String> = lines.collect();
        if self.total > said {
            let more = thousands(self.total - said);
            lines.push(format!("... and {more} more problems"));
        }
        lines
    }
}

impl Kind {
    /// Those that are listed in words.
    fn listed(&self) -> Vec<Problem> {
        let mut problems = self.problems();
        if problems.len() > MANY {
            problems.truncate(FEW);
        }
        let shown: u64 = problems.iter().map(|one| one.rows).sum();
        if let Some(last) = problems.last_mut() {
            last.like_it = self.total - shown;
        }
        problems
    }

    /// Its texts, each once or a few times, in the order of their places.
    fn problems(&self) -> Vec<Problem> {
        let problem = |text: &str, order, line, rows, next| Problem {
            line,
            text: text.to_owned(),
            rows,
            next,
            like_it: 0,
            order,
        };
        let problems = self.texts.iter().flat_map(|(text, places)| {
            let (first, count, order) = (&places.first, places.count, places.order);
            match count <= MAX_ALONE {
                true => first
                    .iter()
                    .map(|line| problem(text, order, *line, 1, Vec::new()))
                    .collect(),
                false => {
                    let next = first[1..].iter().flatten().copied().collect();
                    vec![problem(text, order, first[0], count, next)]
                }
            }
        });
        let mut problems: Vec<Problem> = problems.collect();
        problems.sort_by_key(|problem| (problem.line, problem.order));
        problems
    }
}

/// A text without what differs from row to row: what it quotes, numbers, addresses and ids.
fn common_part(text: &str) -> String {
    let (start, end) = match (text.find('\''), text.rfind('\'')) {
        (Some(first), Some(last)) => (&text[..first], &text[last..]),
        _ => (text, ""),
    };
    let differs = |word: &str| {
        let word = word.trim_matches(|c: char| c.is_ascii_punctuation());
        let is_number = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
        is_number || word.contains('@') || word.len() == 36 && word.matches('-').count() == 4
    };
    let words = start.split(' ').chain(end.split(' '));
    let words = words.map(|word| if differs(word) { "#" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(problems: &Problems) -> Vec<String> {
        let place = |line: Option<u64>| line.map_or("m".into(), |line| format!("m:{line}"));
        problems.lines(&place, "line")
    }

    #[test]
    fn the_same_problem_in_many_rows_is_one_line_and_in_a_few_each_is_listed() {
        let mut problems = Problems::default();
        for line in 2..62 {
            problems.add(Some(line), "column a: 'WAHR' is not true or false");
        }
        for line in [40, 30, 20] {
            problems.add(Some(line), "is empty; delete the line");
        }
        problems.add(None, "has 60 rows, but --expect-rows says 9");
        assert_eq!(problems.total(), 64);
        assert_eq!(
            lines(&problems),
            [
                "m: has 60 rows, but --expect-rows says 9",
                "m:2: column a: 'WAHR' is not true or false (60 rows: lines 2, 3, 4, 5 and 56 more)",
                "m:20: is empty; delete the line",
                "m:30: is empty; delete the line",
                "m:40: is empty; delete the line",
            ]
        );
    }

    #[test]
    fn a_kind_of_problem_does_not_hide_the_others() {
        let mut problems = Problems::default();
        for line in 2..3_000 {
            problems.add(
                Some(line),
                format!("column a: 'x{line}@' is not an address"),
            );
        }
        problems.add(Some(2_999), "has 3 fields, but the header has 4");
        let lines = lines(&problems);
        assert_eq!(lines.len(), 11, "{lines:?}");
        let last = "m:11: column a: 'x11@' is not an address (and 2,988 more like it)";
        assert_eq!(lines[9], last);
        assert_eq!(lines[10], "m:2999: has 3 fields, but the header has 4");
        let mut many = Problems::default();
        for name in 0..200 {
            many.add(Some(1), format!("column c{name}: is empty"));
        }
        let lines = self::lines(&many);
        assert_eq!(
            (lines.len(), &*lines[100]),
            (101, "... and 100 more problems")
        );
    }

    #[test]
    fn a_few_different_values_are_all_listed() {
        let mut problems = Problems::default();
        for line in 2..22 {
            problems.add(
                Some(line),
                format!("column a: 'x{line}@' is not an address"),
            );
        }
        assert_eq!(lines(&problems).len(), 20);
        assert!(!lines(&problems).concat().contains("more"));
    }
}
