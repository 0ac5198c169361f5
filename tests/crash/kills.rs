//! `kill -9` at random instants, until the job is done.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use esign_copy::sandbox::{Rate, Settings};

use crate::judge::kit::{HEADER, Job, SOURCE};
use crate::judge::{Figures, differences, judge};

/// Faults that lose answers, and with that make a resumed run find things out.
const FAULTS: [&str; 9] = [
    "drop-after-commit=3%",
    "half-answer-after-commit=2%",
    "late-commit:200ms=2%",
    "null-after-commit=2%",
    "invisible:300ms=4%",
    "503=1%",
    "500=2%",
    "drop-before-commit=2%",
    "lookup:500=5%",
];

/// A job that is killed again and again.
pub struct Ordeal {
    pub job: Job,
    rng: fastrand::Rng,
    rows: u64,
    settles: bool,
    failpoints: &'static str,
    /// How many kills hit a run that worked.
    kills: u64,
}

impl Ordeal {
    pub fn new(seed: u64, rows: u64, settles: bool, failpoints: &'static str) -> Self {
        let rates: Vec<Rate> = FAULTS.map(|fault| fault.parse().unwrap()).to_vec();
        let service = Settings {
            rates,
            seed,
            latency: Duration::from_millis(8),
            ..Settings::default()
        };
        Self::with(service, seed, rows, settles, failpoints)
    }

    /// With a service of the caller's choice.
    pub fn with(
        service: Settings,
        seed: u64,
        rows: u64,
        settles: bool,
        failpoints: &'static str,
    ) -> Self {
        let job = Job::with(service);
        let row = |number| format!("{SOURCE},Lease,Li,p{number}@example.com\n");
        let list: String = (0..rows).map(row).collect();
        job.write("m.csv", format!("{HEADER}{list}"));
        let rng = fastrand::Rng::with_seed(seed);
        Self {
            job,
            rng,
            rows,
            settles,
            failpoints,
            kills: 0,
        }
    }

    fn flags(&self) -> Vec<&'static str> {
        let settling = match self.settles {
            true => ["--username", "owner@example.com", "--settle-window", "1s"].as_slice(),
            false => &["--no-canary"],
        };
        let always = ["--max-uncertain", "none", "--concurrency", "8"];
        [settling, &always].concat()
    }

    pub fn start(&self) -> Child {
        let mut command = self.job.sending("run", "m.csv", &self.flags());
        command
            .env("FAILPOINTS", self.failpoints)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// Lets a run work for a random while and kills it. Most kills hit the start and the sending,
    /// some the settling and the report.
    fn kill_once(&mut self) {
        let longest = [150, 300, 600, 600, 2_500][self.rng.usize(..5)];
        let until = Instant::now() + Duration::from_millis(self.rng.u64(10..longest));
        let mut child = self.start();
        while Instant::now() < until && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(2));
        }
        // One that has ended already is not killed any more.
        self.kills += u64::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
    }

    pub fn judge(&self) -> Figures {
        let ledger = self.job.path("m.ledger");
        match ledger.exists() {
            true => judge(&ledger, &self.job.stats()),
            false => Figures::default(),
        }
    }

    fn is_done(&self, figures: &Figures) -> bool {
        let open = figures.pending + if self.settles { figures.uncertain } else { 0 };
        figures.rows == self.rows && open == 0
    }

    /// Kills until the rows are done, at most so often; then lets the job finish.
    fn run(&mut self, kills: u64) -> Figures {
        for _ in 0..4 * kills {
            if self.kills >= kills {
                break;
            }
            self.kill_once();
            let figures = self.judge().assert_kept("after a kill");
            if self.is_done(&figures) {
                break;
            }
        }
        let mut figures = Figures::default();
        for _ in 0..4 {
            let ran = self.job.run("m.csv", &self.flags());
            assert!([0, 3, 4, 69].contains(&ran.code), "{}", ran.stderr);
            figures = self.judge().assert_kept("after a run");
            let differences =
                differences(&self.job.path("m.results.csv"), &self.job.path("m.ledger"));
            assert_eq!(differences, [""; 0]);
            if self.is_done(&figures) {
                break;
            }
        }
        assert!(self.is_done(&figures), "{figures}");
        figures
    }
}

/// Whether the long runs are asked for.
pub fn is_long() -> bool {
    std::env::var_os("ESIGN_COPY_LONG").is_some()
}

fn first_seed() -> u64 {
    let given = std::env::var("ESIGN_COPY_SEED").ok();
    given.map_or_else(|| fastrand::u64(..1_000_000), |seed| seed.parse().unwrap())
}

fn kill_until_done(settles: bool, short: u64, long: u64) {
    let (wanted, rows) = if is_long() {
        (long, 1_000)
    } else {
        (short, 120)
    };
    let mode = if settles { "settling" } else { "holding" };
    let (mut kills, mut total) = (0, Figures::default());
    for seed in first_seed().. {
        println!("seed {seed}, {mode}");
        let mut ordeal = Ordeal::new(seed, rows, settles, "");
        total.add(ordeal.run(wanted - kills));
        kills += ordeal.kills;
        if kills >= wanted {
            break;
        }
    }
    println!("{mode}: {kills} kills, {total}");
}

#[test]
fn kill_9_at_any_instant_copies_nothing_twice_and_loses_nothing() {
    kill_until_done(true, 8, 300);
}

#[test]
fn kill_9_without_look_ups_leaves_what_was_out_uncertain() {
    kill_until_done(false, 4, 100);
}
