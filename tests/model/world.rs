//! A job that is lived through: the list as its author edits it, the service, the runs.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use esign_copy::sandbox::{Rule, Script, Settings};

use crate::case::{Case, Ending, Given, Person, Step};
use crate::judge::kit::Job;
use crate::judge::{Figures, Row, differences, judge, rows};

const HEADER: &str = "transaction_id,source_session_id,title,signer_1_last_name,signer_1_email";
const SIGABRT: i32 = 6;
const SIGKILL: i32 = 9;
/// More than any job needs to be done.
const LAST_RUNS: u32 = 8;

/// What many jobs came to.
#[derive(Debug, Default)]
pub struct Count {
    jobs: u64,
    runs: u64,
    killed: u64,
    crashed: u64,
    refused: u64,
    figures: Figures,
}

/// A line of the list.
#[derive(Debug, Clone)]
struct Line {
    number: usize,
    source: usize,
    transaction_id: Given,
    title: u32,
    is_corrected: bool,
}

pub struct World {
    job: Job,
    is_keyed: bool,
    settles: bool,
    list: Vec<Line>,
    /// The list when a run took it last.
    accepted: Vec<Line>,
    added: usize,
    /// The precaution that the program lacks, if any.
    broken: Option<&'static str>,
    count: Count,
}

impl World {
    pub fn new(case: &Case, broken: Option<&'static str>) -> Self {
        let added = case.steps.iter().filter_map(|step| match step {
            Step::Add(person) => Some(person),
            _ => None,
        });
        // People are numbered in the order in which they will come, so that the service knows
        // the faults of all of them from its start.
        let everybody: Vec<&Person> = case.people.iter().chain(added).collect();
        let faulty = everybody.iter().enumerate();
        let rule = |(number, person): (usize, &&Person)| Rule {
            email: Some(email(number, false)),
            faults: person
                .faults
                .iter()
                .map(|fault| Some(fault.parse().unwrap()))
                .collect(),
            ..Rule::default()
        };
        let service = Settings {
            script: Script {
                rules: faulty.map(rule).collect(),
            },
            rates: case
                .weather
                .iter()
                .map(|rate| rate.parse().unwrap())
                .collect(),
            latency: Duration::from_millis(case.latency),
            ..Settings::default()
        };
        let list: Vec<Line> = case.people.iter().enumerate().map(Line::new).collect();
        Self {
            job: Job::with(service),
            is_keyed: case.is_keyed,
            settles: case.settles,
            accepted: list.clone(),
            added: list.len(),
            list,
            broken,
            count: Count::default(),
        }
    }

    /// Lives through the steps, and then runs until the job is done.
    pub fn live(mut self, steps: &[Step]) -> Count {
        for step in steps {
            self.step(step);
        }
        let mut figures = Figures::default();
        for _ in 0..LAST_RUNS {
            figures = self.run(&["--accept-changes"], &Ending::ByItself);
            if self.open_rows().is_empty() {
                break;
            }
        }
        assert_eq!(self.open_rows(), [], "{figures}");
        self.count.jobs = 1;
        self.count.figures = figures;
        self.count
    }

    fn step(&mut self, step: &Step) {
        let length = self.list.len().max(1);
        match step {
            Step::Run(limit, ending) => {
                let limit = limit.map(|limit| limit.to_string());
                let flags: Vec<&str> = match &limit {
                    Some(limit) => vec!["--limit", limit],
                    None => Vec::new(),
                };
                self.run(&flags, ending);
            }
            Step::Retry {
                corrects,
                corrects_list,
                ending,
            } => self.retry(*corrects, *corrects_list, ending),
            Step::Add(person) => {
                self.list.push(Line::new((self.added, person)));
                self.added += 1;
            }
            // A list without rows is refused, which is another test's subject.
            Step::Remove(index) if self.list.len() > 1 => drop(self.list.remove(index % length)),
            Step::Remove(_) => {}
            Step::Reverse => self.list.reverse(),
            Step::Rotate(by) => self.list.rotate_left(by % length),
            Step::Retitle(index) => {
                if let Some(line) = self.list.get_mut(index % length) {
                    line.title += 1;
                }
            }
        }
    }

    fn run(&mut self, flags: &[&str], ending: &Ending) -> Figures {
        let lines = self.list.iter().map(|line| line.text(self.is_keyed));
        let key = if self.is_keyed { "row_id," } else { "" };
        let text = format!("{key}{HEADER}\n{}", lines.collect::<String>());
        self.job.write("m.csv", text);
        let received = self.job.received();
        let (code, figures) = self.judged("run", "m.csv", flags, ending);
        if code == Some(5) {
            assert_eq!(self.job.received(), received, "refused, and yet sent");
            self.count.refused += 1;
            self.list.clone_from(&self.accepted);
        } else if code.is_some() {
            self.accepted.clone_from(&self.list);
        }
        figures
    }

    fn retry(&mut self, corrects: bool, corrects_list: bool, ending: &Ending) {
        let report = "m.results.csv";
        if !self.job.path(report).exists() {
            return;
        }
        if corrects {
            let failed: Vec<_> = self.job.report(report).into_iter().collect();
            let mut text = self.job.read(report);
            for cells in failed.iter().filter(|cells| cells["status"] == "failed") {
                let before = &cells["signer_1_email"];
                let after = before.replace("@", "x@");
                let is_first = !before.contains("x@");
                if is_first {
                    text = text.replace(before.as_str(), &after);
                }
                let of_list = |line: &&mut Line| email(line.number, false) == *before;
                if let Some(line) = self.list.iter_mut().find(of_list) {
                    line.is_corrected |= corrects_list && is_first;
                }
            }
            self.job.write(report, text);
        }
        self.judged("retry", report, &[], ending);
    }

    /// Runs the program and compares all there is to compare. Gives the exit code, none if it
    /// was killed.
    fn judged(
        &mut self,
        command: &str,
        file: &str,
        flags: &[&str],
        ending: &Ending,
    ) -> (Option<i32>, Figures) {
        let settling: &[&str] = match self.settles {
            true => &["--username", "owner@example.com", "--settle-window", "1s"],
            false => &[],
        };
        let flags = [settling, flags, &["--max-uncertain", "none"]].concat();
        let ended = ended(self.job.sending(command, file, &flags), ending, self.broken);
        let stderr = String::from_utf8_lossy(&ended.stderr);
        self.count.runs += 1;
        self.count.killed += u64::from(ended.status.signal() == Some(SIGKILL));
        self.count.crashed += u64::from(ended.status.signal() == Some(SIGABRT));
        let (ledger, report) = (self.job.path("m.ledger"), self.job.path("m.results.csv"));
        if !ledger.exists() {
            assert_eq!(self.job.received(), 0, "sent without a ledger: {stderr}");
            return (ended.status.code(), Figures::default());
        }
        let figures = judge(&ledger, &self.job.stats()).assert_kept(&stderr);
        match ended.status.code() {
            // Refused, or terminated before it took notice of signals.
            Some(5) => {}
            Some(code) => {
                let is_expected = [0, 3, 4, 7, 69, 143].contains(&code);
                assert!(is_expected, "{command} ended with {code}: {stderr}");
                assert_eq!(differences(&report, &ledger), [""; 0], "{stderr}");
            }
            None => {}
        }
        (ended.status.code(), figures)
    }

    /// The rows of the list that one more run should change.
    fn open_rows(&self) -> Vec<Row> {
        let rows = rows(&self.job.path("m.ledger"));
        let is_open = |row: &&Row| match row.status.as_str() {
            "copied" | "failed" => false,
            // Absence is proven by a copy of the same source, and by nothing else; and copies
            // under one transaction id are not told apart by guess.
            "uncertain" if self.settles && row.transaction_id != "shared" => {
                let is_copied =
                    |other: &Row| other.status == "copied" && other.source == row.source;
                rows.iter().any(is_copied)
            }
            "uncertain" => false,
            _ => true,
        };
        let current = rows.iter().filter(|row| row.is_current);
        current.filter(is_open).cloned().collect()
    }
}

/// Runs a command to the end that it is meant to have.
fn ended(mut command: Command, ending: &Ending, broken: Option<&str>) -> Output {
    let mut failpoints = broken.map_or_else(String::new, |name| format!("{name}=return;"));
    if let Ending::Crashed(point, hit) = ending {
        failpoints += &format!("{point}={}*off->return", hit - 1);
    }
    command.env("FAILPOINTS", failpoints);
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    let (after, signal) = match ending {
        Ending::Killed(after) => (*after, "-KILL"),
        Ending::Terminated(after) => (*after, "-TERM"),
        _ => return child.wait_with_output().unwrap(),
    };
    let until = Instant::now() + Duration::from_millis(after);
    while Instant::now() < until && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(2));
    }
    if child.try_wait().unwrap().is_none() {
        let id = child.id().to_string();
        Command::new("kill").args([signal, &id]).status().unwrap();
    }
    child.wait_with_output().unwrap()
}

impl Line {
    fn new((number, person): (usize, &Person)) -> Self {
        Self {
            number,
            source: person.source,
            transaction_id: person.transaction_id,
            title: 0,
            is_corrected: false,
        }
    }

    fn text(&self, is_keyed: bool) -> String {
        let key = match is_keyed {
            true => format!("k{},", self.number),
            false => String::new(),
        };
        let transaction_id = match self.transaction_id {
            Given::Nothing => String::new(),
            Given::Own => format!("own-{}", self.number),
            Given::Shared => "shared".into(),
        };
        format!(
            "{key}{transaction_id},3f0c6c1e-0000-4000-8000-00000000000{},Lease {},Li,{}\n",
            self.source,
            self.title,
            email(self.number, self.is_corrected)
        )
    }
}

fn email(number: usize, is_corrected: bool) -> String {
    let mark = if is_corrected { "x" } else { "" };
    format!("p{number}{mark}@example.com")
}

impl Count {
    pub fn add(&mut self, other: Self) {
        self.jobs += other.jobs;
        self.runs += other.runs;
        self.killed += other.killed;
        self.crashed += other.crashed;
        self.refused += other.refused;
        self.figures.add(other.figures);
    }
}

impl fmt::Display for Count {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} jobs, {} runs, {} killed, {} crashed, {} refused edits; {}",
            self.jobs, self.runs, self.killed, self.crashed, self.refused, self.figures
        )
    }
}
