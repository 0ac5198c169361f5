//! A job that is lived through: the list, the service, the runs, and what the judge says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::Output;
use std::time::Duration;

use esign_copy::sandbox::{Rule, Script, Settings, Stats};

use crate::case::{AttemptOutcome, Case, Person, Settling, Step};
use crate::judge::kit::Job;
use crate::judge::{Figures, Row, differences, judge, rows};
use crate::list::{List, SHARED, email, person_of};
use crate::runs::{ended, started};

const SIGABRT: i32 = 6;
const SIGKILL: i32 = 9;
/// More than any job needs to be done.
const LAST_RUNS: u32 = 10;
/// How a run may end by itself, besides refusing an edit (5).
const ENDS: [i32; 8] = [0, 3, 4, 6, 7, 69, 75, 143];
const REFUSED: i32 = 5;
const HELD: i32 = 75;

/// What many jobs came to.
#[derive(Debug, Default)]
pub struct Count {
    pub jobs: u64,
    runs: u64,
    killed: u64,
    crashed: u64,
    refused: u64,
    turned_away: u64,
    pub figures: Figures,
}

pub struct World {
    job: Job,
    settling: Settling,
    list: List,
    /// Whether a refused edit was insisted on.
    has_insisted: bool,
    /// The precaution that the program lacks, if any.
    broken: Option<&'static str>,
    count: Count,
}

/// The service of a job.
fn service(case: &Case) -> Settings {
    let added = case.steps.iter().filter_map(|step| match step {
        Step::Add(person) => Some(person),
        _ => None,
    });
    // People are numbered in the order in which they will come, so that the service knows the
    // faults of all of them from its start.
    let everybody = case.people.iter().chain(added).enumerate();
    let rule = |(number, person): (usize, &Person)| Rule {
        email: Some(email(number, false)),
        faults: person.faults.iter().copied().map(Some).collect(),
        ..Rule::default()
    };
    let weather = case.weather.iter();
    Settings {
        script: Script {
            rules: everybody.map(rule).collect(),
        },
        rates: weather.map(|rate| rate.parse().unwrap()).collect(),
        latency: Duration::from_millis(case.latency),
        ..Settings::default()
    }
}

impl World {
    pub fn new(case: &Case, broken: Option<&'static str>) -> Self {
        Self {
            job: Job::with(service(case)),
            settling: case.settling,
            list: List::new(case),
            has_insisted: false,
            broken,
            count: Count::default(),
        }
    }

    /// Lives through the steps, and then runs until the job is done.
    pub fn live(mut self, steps: &[Step]) -> Count {
        for step in steps {
            self.step(step);
        }
        if self.settling == Settling::Sometimes {
            self.settling = Settling::Always;
        }
        for _ in 0..LAST_RUNS {
            if self.run(&[], &AttemptOutcome::ByItself) == Some(REFUSED) {
                self.has_insisted = true;
                self.run(&["--accept-changes"], &AttemptOutcome::ByItself);
            }
            if self.open_rows().is_empty() {
                break;
            }
        }
        assert_eq!(self.open_rows(), [], "they could have been done");
        self.count.jobs = 1;
        self.count.figures = judge(&self.job.path("m.ledger"), &self.job.stats());
        self.count
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Run(limit, outcome) => {
                let limit = limit.map(|limit| limit.to_string());
                let limit = limit.iter().flat_map(|limit| ["--limit", limit]);
                self.run(&limit.collect::<Vec<_>>(), outcome);
            }
            Step::Retry {
                corrects,
                corrects_list,
                outcome,
            } => self.retry(*corrects, *corrects_list, outcome),
            Step::Overlap => self.overlap(),
            edit => self.list.edit(edit),
        }
    }

    fn run(&mut self, flags: &[&str], outcome: &AttemptOutcome) -> Option<i32> {
        self.job.write("m.csv", self.list.csv());
        let received = self.job.received();
        let command = self
            .job
            .sending("run", "m.csv", &self.flags(flags, outcome));
        let code = self.judged(&ended(command, outcome, self.broken));
        match code {
            Some(REFUSED) => {
                assert_eq!(self.job.received(), received, "refused, and yet sent");
                self.count.refused += 1;
                self.list.was_taken(false);
            }
            Some(_) => self.list.was_taken(true),
            None => {}
        }
        code
    }

    /// Two runs that start together: while one works, the other is turned away.
    fn overlap(&mut self) {
        self.job.write("m.csv", self.list.csv());
        let flags = self.flags(&[], &AttemptOutcome::ByItself);
        let run = || started(&mut self.job.sending("run", "m.csv", &flags));
        let both = [run(), run()].map(|child| child.wait_with_output().unwrap());
        let codes = both.each_ref().map(|ran| ran.status.code().unwrap());
        assert_ne!(codes, [HELD, HELD], "both were turned away");
        self.count.turned_away += u64::from(codes.contains(&HELD));
        for ran in both.iter().filter(|ran| ran.status.code() != Some(HELD)) {
            self.judged(ran);
        }
        self.list.was_taken(!codes.contains(&REFUSED));
    }

    fn retry(&mut self, corrects: bool, corrects_list: bool, outcome: &AttemptOutcome) {
        const REPORT: &str = "m.results.csv";
        if !self.job.path(REPORT).exists() {
            return;
        }
        if corrects {
            let mut text = self.job.read(REPORT);
            for cells in self.job.report(REPORT) {
                let before = &cells["signer_1_email"];
                if cells["status"] != "failed" || before.contains("x@") {
                    continue;
                }
                text = text.replace(before.as_str(), &before.replace('@', "x@"));
                if corrects_list {
                    self.list.correct(before);
                }
            }
            self.job.write(REPORT, text);
        }
        let command = self.job.sending("retry", REPORT, &self.flags(&[], outcome));
        self.judged(&ended(command, outcome, self.broken));
    }

    fn flags<'a>(&self, more: &[&'a str], outcome: &AttemptOutcome) -> Vec<&'a str> {
        let settles = match self.settling {
            Settling::Always => true,
            Settling::Sometimes => self.count.runs.is_multiple_of(2),
            Settling::Never => false,
        };
        let mut flags = more.to_vec();
        if settles {
            flags.extend(["--username", "owner@example.com", "--settle-window", "1s"]);
        }
        match outcome {
            AttemptOutcome::Terminated(_, 0) => flags.extend(["--grace", "0s"]),
            AttemptOutcome::Terminated(_, 20) => flags.extend(["--grace", "20ms"]),
            _ => {}
        }
        // Long enough for a busy machine; an answer that comes later is a lost one.
        flags.extend(["--timeout", "700ms", "--max-uncertain", "none"]);
        flags
    }

    /// Compares all there is to compare after a run. Gives its exit code, none if it was killed.
    fn judged(&mut self, ran: &Output) -> Option<i32> {
        let stderr = String::from_utf8_lossy(&ran.stderr);
        self.count.runs += 1;
        self.count.killed += u64::from(ran.status.signal() == Some(SIGKILL));
        self.count.crashed += u64::from(ran.status.signal() == Some(SIGABRT));
        let code = ran.status.code();
        // A signal while nothing is under way that needs an end in order, or while the report is
        // written, ends the program there and then.
        let has_ended = stderr.lines().any(|line| line.starts_with("next: "));
        let is_cut_short = code.is_some_and(|code| ![REFUSED, HELD].contains(&code)) && !has_ended;
        assert!(!is_cut_short || !stderr.contains("error: "), "{stderr}");
        let code = code.filter(|_| !is_cut_short);
        self.count.killed += u64::from(is_cut_short);
        let (ledger, report) = (self.job.path("m.ledger"), self.job.path("m.results.csv"));
        if !ledger.exists() {
            assert_eq!(self.job.received(), 0, "sent without a ledger: {stderr}");
            return code;
        }
        let stats = self.job.stats();
        judge(&ledger, &stats).assert_kept(&stderr);
        assert_eq!(self.people_copied_twice(&rows(&ledger), &stats), [""; 0]);
        if let Some(code) = code.filter(|code| *code != REFUSED) {
            assert!(ENDS.contains(&code), "exit code {code}: {stderr}");
            assert_eq!(differences(&report, &ledger), [""; 0], "{stderr}");
        }
        code
    }

    /// No edit of the list may copy anybody twice, unless it is insisted on. Only another title
    /// may mean another copy.
    fn people_copied_twice(&self, rows: &[Row], stats: &Stats) -> Vec<String> {
        if self.has_insisted {
            return Vec::new();
        }
        // By transaction id, which rows that were retitled may have in common.
        let mut named = BTreeSet::new();
        for row in rows.iter().filter(|row| row.transaction_id != SHARED) {
            let number = person_of(&row.audience);
            named.insert((row.audience.clone(), &row.transaction_id));
            if !self.list.was_retitled(number) {
                named.insert((format!("person {number}"), &row.transaction_id));
            }
        }
        let committed = |transaction_id: &String| {
            let seen = stats.transactions.get(transaction_id);
            seen.map_or(0, |seen| seen.committed)
        };
        let mut copies = BTreeMap::<String, u32>::new();
        for (who, transaction_id) in named {
            let carriers = rows
                .iter()
                .filter(|row| row.transaction_id == *transaction_id);
            let may_have_copy = |row: &&Row| !["failed", "pending"].contains(&&*row.status);
            let others = carriers.filter(|row| row.audience != who);
            let others = others.filter(may_have_copy).count() as u32;
            // Of a person who was retitled, a row with another address may have the same transaction
            // id, and a copy of its own under it.
            let is_address = !who.starts_with("person ");
            let own = committed(transaction_id).saturating_sub(if is_address { others } else { 0 });
            *copies.entry(who).or_default() += own;
        }
        let twice = copies.into_iter().filter(|(_, count)| *count > 1);
        twice
            .map(|(who, count)| format!("duplicate: {who} was copied {count} times"))
            .collect()
    }

    /// The rows of the list that one more run should change.
    fn open_rows(&self) -> Vec<Row> {
        let rows = rows(&self.job.path("m.ledger"));
        let is_open = |row: &&Row| match row.status.as_str() {
            "copied" | "failed" => false,
            // Absence is proven by a copy of the same source, and by nothing else; and copies
            // under one transaction id are not told apart by guess.
            "uncertain" if self.settling != Settling::Never && row.transaction_id != SHARED => {
                let source = |row: &Row| row.audience[..36].to_owned();
                let is_proof =
                    |other: &Row| other.status == "copied" && source(other) == source(row);
                rows.iter().any(is_proof)
            }
            "uncertain" => false,
            _ => true,
        };
        let current = rows.iter().filter(|row| row.is_current);
        current.filter(is_open).cloned().collect()
    }
}

impl Count {
    pub fn add(&mut self, other: Self) {
        self.jobs += other.jobs;
        self.runs += other.runs;
        self.killed += other.killed;
        self.crashed += other.crashed;
        self.refused += other.refused;
        self.turned_away += other.turned_away;
        self.figures.add(other.figures);
    }
}

impl fmt::Display for Count {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} jobs, {} runs: {} killed, {} crashed, {} refused an edit, {} turned away; {}",
            self.jobs,
            self.runs,
            self.killed,
            self.crashed,
            self.refused,
            self.turned_away,
            self.figures
        )
    }
}
