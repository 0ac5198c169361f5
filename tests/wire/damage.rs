//! Ledgers that were lost or harmed between two runs: the next run refuses them, or sends what
//! was truly left to do, and nothing else.

use std::collections::BTreeMap;
use std::path::Path;

use crate::behaviour::{Behaviour, End, Framing};
use crate::job::{Job, SOURCE, address};
use crate::server::Server;
use crate::truth::email;

/// Rows of the job; so many of them are sent before the damage.
const ROWS: usize = 40;
const SENT: u64 = 16;

/// A job that was stopped in the middle, and the server that saw it.
struct Stopped {
    job: Job,
    server: Server,
    /// The files of the job, as the stopped run left them.
    files: BTreeMap<String, Vec<u8>>,
}

/// What a rerun over a damaged ledger did wrong; empty if it was refused or safe.
type Wrongs = Vec<String>;

impl Stopped {
    /// Killed with four requests out.
    fn by_kill() -> Self {
        let hangs = [Behaviour::Hang; 4];
        let goods = [Behaviour::Good(Framing::Length); SENT as usize - 4];
        let (job, server) = (Job::of(ROWS), Server::start([&goods[..], &hangs].concat()));
        let mut child = job.spawn(&server.endpoint(), &["--concurrency", "4"]);
        server.wait_for_commits(SENT);
        child.kill().unwrap();
        child.wait().unwrap();
        Self::of(job, server)
    }

    /// Ended in order by `--limit`, with some rows uncertain.
    fn by_limit() -> Self {
        let pattern = [
            Behaviour::Good(Framing::Length),
            Behaviour::Committed(End::Fin),
        ];
        let (job, server) = (
            Job::of(ROWS),
            Server::start(pattern.repeat(SENT as usize / 2)),
        );
        job.run(&server.endpoint(), &["--limit", &SENT.to_string()])
            .ends_with(&[4]);
        assert_eq!(server.truth().committed(), SENT);
        Self::of(job, server)
    }

    fn of(job: Job, server: Server) -> Self {
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(job.path("")).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            // The manifest stays as it is: touched, it would be imported again.
            if name != "m.csv" {
                files.insert(name, std::fs::read(path).unwrap());
            }
        }
        Self { job, server, files }
    }

    /// Puts the stopped job's files back, harms them, runs again, and looks at what was sent.
    fn rerun(&self, harm: impl FnOnce(&Path)) -> (i32, Wrongs) {
        let folder = self.job.path("");
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if !path.ends_with("m.csv") {
                std::fs::remove_file(path).unwrap();
            }
        }
        for (name, bytes) in &self.files {
            std::fs::write(folder.join(name), bytes).unwrap();
        }
        harm(&folder);
        let before = self.server.truth().bodies.len();
        let ran = self.job.run(&self.server.endpoint(), &[]);
        let sent = self.server.truth().bodies.split_off(before);
        let mut wrongs = wrongly_sent(&sent);
        if [0, 3, 4].contains(&ran.code) {
            wrongs.extend(self.wrongly_reported());
        }
        (ran.code, wrongs)
    }

    /// The rerun went to its end: then what had been sent must not look unsent.
    fn wrongly_reported(&self) -> Wrongs {
        let lines = self.job.report();
        // By their records' numbers: a flipped bit in a cell that was sent long ago is shown, and
        // changes nothing of what became of its row.
        let line = |number: String| lines.iter().find(|line| line["row"] == number);
        let mut wrongs = Vec::new();
        for number in 1..=SENT {
            match line(number.to_string()).map(|line| line["status"].as_str()) {
                Some("copied" | "uncertain") => {}
                other => wrongs.push(format!("row {number}, committed, is now {other:?}")),
            }
        }
        if lines.len() != ROWS {
            wrongs.push(format!("{} lines of {ROWS}", lines.len()));
        }
        wrongs
    }
}

/// Rows are sent in their order: only those after the first may be sent now, once, as written.
fn wrongly_sent(bodies: &[String]) -> Wrongs {
    let mut left: Vec<String> = (SENT as usize..ROWS).map(address).collect();
    let mut wrongs = Vec::new();
    for body in bodies {
        // In lower case, as a row's identity has addresses and ids: it is the same person.
        let email = email(body).to_lowercase();
        match left.iter().position(|address| *address == email) {
            Some(place) => drop(left.remove(place)),
            None => wrongs.push(format!("{email} was sent, and should not have been")),
        }
        let cells = [r#""Title":"Lease""#, r#""LastName":"Li""#];
        if !cells.iter().all(|cell| body.contains(cell)) || !body.to_lowercase().contains(SOURCE) {
            wrongs.push(format!("not as written: {body}"));
        }
    }
    wrongs
}

#[test]
fn an_unharmed_ledger_goes_on_where_it_was() {
    for stopped in [Stopped::by_kill(), Stopped::by_limit()] {
        let before = stopped.server.truth().read;
        let (code, wrongs) = stopped.rerun(|_| {});
        assert_eq!((code, wrongs), (4, vec![]));
        assert_eq!(stopped.server.truth().read - before, ROWS as u64 - SENT);
    }
}

#[test]
fn a_lost_ledger_is_never_begun_again_by_itself() {
    let names = ["m.ledger", "m.ledger-wal", "m.ledger-shm"];
    for stopped in [Stopped::by_kill(), Stopped::by_limit()] {
        for count in 1..=names.len() {
            let (code, wrongs) = stopped.rerun(|folder| {
                for name in &names[..count] {
                    // A run that ended in order has left no -wal.
                    let _ = std::fs::remove_file(folder.join(name));
                }
            });
            assert_eq!(
                (code, wrongs),
                (5, vec![]),
                "the first {count} of {names:?}"
            );
        }
        let emptied = |folder: &Path| std::fs::write(folder.join("m.ledger"), "").unwrap();
        assert_eq!(stopped.rerun(emptied), (5, vec![]));
    }
}

#[test]
fn a_ledger_without_its_wal_is_not_the_ledger() {
    let stopped = Stopped::by_kill();
    assert!(stopped.files["m.ledger-wal"].len() > 4096);
    let (code, wrongs) = stopped.rerun(|folder| {
        std::fs::remove_file(folder.join("m.ledger-wal")).unwrap();
        std::fs::remove_file(folder.join("m.ledger-shm")).unwrap();
    });
    assert_eq!((code, wrongs), (5, vec![]));
}

/// SQLite reads the missing end of a last page as zeros, which may well be what stood there.
#[test]
fn a_ledger_cut_short_is_refused_or_lost_nothing() {
    let stopped = Stopped::by_limit();
    let whole = stopped.files["m.ledger"].len();
    let cut = |length: usize| {
        stopped.rerun(|folder| {
            let bytes = &stopped.files["m.ledger"][..length];
            std::fs::write(folder.join("m.ledger"), bytes).unwrap();
        })
    };
    for length in [
        1,
        15,
        16,
        99,
        512,
        4095,
        4096,
        8192,
        whole / 2,
        whole - 4096,
    ] {
        assert_eq!(cut(length), (5, vec![]), "{length} of {whole} bytes");
    }
    for length in [whole - 2048, whole - 512, whole - 1] {
        let (code, wrongs) = cut(length);
        assert!([5, 4].contains(&code), "{code}");
        assert!(wrongs.is_empty(), "{length} of {whole} bytes: {wrongs:?}");
    }
}

#[test]
fn a_ledger_replaced_under_its_run_stops_it() {
    let goods = [Behaviour::Good(Framing::Length); SENT as usize - 1];
    let server = Server::start([&goods[..], &[Behaviour::Hang]].concat());
    let job = Job::of(ROWS);
    // The hanging request ends by the client's timeout, after the ledger was replaced.
    let flags = ["--concurrency", "1", "--timeout", "2s"];
    let mut child = job.spawn(&server.endpoint(), &flags);
    server.wait_for_commits(SENT);
    std::fs::copy(job.path("m.ledger"), job.path("other")).unwrap();
    std::fs::rename(job.path("other"), job.path("m.ledger")).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert_eq!(server.truth().committed(), SENT);
    job.run(&server.endpoint(), &[]).ends_with(&[5]);
    assert_eq!(server.truth().committed(), SENT);
}

/// A bit in an address is one that SQLite's own checks don't see.
#[test]
fn a_flipped_bit_in_an_address_mails_nobody_else() {
    let stopped = Stopped::by_limit();
    let whole = &stopped.files["m.ledger"];
    let found = address(30);
    let places: Vec<usize> = whole
        .windows(found.len())
        .enumerate()
        .filter_map(|(place, bytes)| (bytes == found.as_bytes()).then_some(place))
        .collect();
    assert!(!places.is_empty());
    for place in places {
        let (code, wrongs) = stopped.rerun(|folder| {
            let mut bytes = whole.clone();
            bytes[place] ^= 2;
            std::fs::write(folder.join("m.ledger"), bytes).unwrap();
        });
        assert!(wrongs.is_empty(), "{place}: exit {code}, {wrongs:?}");
    }
}

/// A bit anywhere in the file: half of them where something is written.
#[test]
fn a_flipped_bit_is_refused_or_does_no_harm() {
    let flips = if crate::is_long() { 1_000 } else { 24 };
    let stopped = Stopped::by_limit();
    let whole = &stopped.files["m.ledger"];
    let mut random = fastrand::Rng::with_seed(7);
    let (mut refused, mut harmless, mut harmful) = (0, 0, Vec::new());
    for number in 0..flips {
        let place = loop {
            let place = random.usize(..whole.len());
            if number % 2 == 0 || whole[place] != 0 {
                break place;
            }
        };
        let bit = 1 << random.u8(..8);
        let (code, wrongs) = stopped.rerun(|folder| {
            let mut bytes = whole.clone();
            bytes[place] ^= bit;
            std::fs::write(folder.join("m.ledger"), bytes).unwrap();
        });
        match (code, wrongs.is_empty()) {
            (_, false) => harmful.push((place, bit, code, wrongs)),
            (0 | 3 | 4, true) => harmless += 1,
            (_, true) => refused += 1,
        }
    }
    println!(
        "{flips} flips: {refused} refused, {harmless} without harm, {} harmful",
        harmful.len()
    );
    assert!(harmful.is_empty(), "{harmful:#?}");
}
