//! Power cuts all through a trace, and what a ledger found afterwards knows.

use std::collections::BTreeMap;
use std::path::Path;

use fastrand::Rng;
use rusqlite::Connection;

use crate::disk::{Disk, LUCKS};
use crate::recorded::Recorded;
use crate::sent::{before, copies};
use crate::trace::Event;

/// What was found in all images together.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub images: usize,
    pub integrity_failures: usize,
    /// Images in which a request had begun to leave whose attempt the ledger does not know.
    pub sent_without_intent: usize,
    /// Images with a ledger in its place that lacks rows.
    pub rows_missing: usize,
    /// Images in which the ledger is not the whole truth on the disk: its -wal has a part of it.
    pub with_wal: usize,
}

const LEDGER: &str = "m.ledger";
/// One image in so many gets the long look at its indices too.
const FULL_CHECK: usize = 10;

/// Cuts the power at so many places of the trace that at least `images` images are looked at.
/// Half of the places are right behind the first byte of a copy: there a missing sync shows.
pub fn cut_power(recorded: &Recorded, images: usize, seed: u64) -> Found {
    let mut random = Rng::with_seed(seed);
    let trace = &recorded.trace;
    let sent = copies(trace);
    assert_eq!(sent.len(), recorded.rows, "each row was sent once");
    let mut cuts: BTreeMap<usize, usize> = BTreeMap::new();
    for number in 0..images.div_ceil(LUCKS.len()) {
        let place = match number % 2 {
            0 => random.choice(&sent).expect("something was sent").first + 1,
            _ => random.usize(1..=trace.len()),
        };
        *cuts.entry(place).or_default() += 1;
    }
    let (mut disk, mut found) = (Disk::default(), Found::default());
    let folder = fast_folder();
    for (place, event) in trace.iter().enumerate() {
        disk.apply(event);
        let times = cuts.get(&(place + 1)).copied().unwrap_or(0);
        let begun = before(&sent, place + 1);
        for _ in 0..times {
            for luck in LUCKS {
                let image = disk.image(luck, &mut random);
                found.with_wal += usize::from(has_wal(&image));
                put(folder.path(), &image);
                let is_long = found.images.is_multiple_of(FULL_CHECK);
                let ledger = image.contains_key(LEDGER);
                found.images += 1;
                match ledger.then(|| look(&folder.path().join(LEDGER), is_long)) {
                    None => found.sent_without_intent += usize::from(!begun.is_empty()),
                    Some(Err(_)) => found.integrity_failures += 1,
                    Some(Ok(seen)) => {
                        let is_missing = |id: &&str| !seen.attempted.contains(*id);
                        found.sent_without_intent += usize::from(begun.iter().any(is_missing));
                        found.rows_missing += usize::from(seen.rows != recorded.rows);
                    }
                }
            }
        }
    }
    println!(
        "images checked {}, integrity failures {}, sent without intent {}; rows missing {}, {} \
         with a -wal, {} records, {} syncs",
        found.images,
        found.integrity_failures,
        found.sent_without_intent,
        found.rows_missing,
        found.with_wal,
        trace.len(),
        trace
            .iter()
            .filter(|event| matches!(event, Event::Sync { .. }))
            .count(),
    );
    found
}

fn has_wal(image: &BTreeMap<String, Vec<u8>>) -> bool {
    image
        .get("m.ledger-wal")
        .is_some_and(|bytes| !bytes.is_empty())
}

/// In memory where that is possible: thousands of images are written.
fn fast_folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let builder = tempfile::Builder::new();
    match memory.is_dir() {
        true => builder.tempdir_in(memory).unwrap(),
        false => builder.tempdir().unwrap(),
    }
}

fn put(folder: &Path, image: &BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    for (name, bytes) in image {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}

/// What a ledger in an image knows.
struct Seen {
    /// The transaction ids of rows with an attempt.
    attempted: std::collections::HashSet<String>,
    rows: usize,
}

fn look(ledger: &Path, is_long: bool) -> Result<Seen, String> {
    let told = |error: rusqlite::Error| error.to_string();
    let connection = Connection::open(ledger).map_err(told)?;
    let check = if is_long {
        "PRAGMA integrity_check(1)"
    } else {
        "PRAGMA quick_check(1)"
    };
    let answer: String = connection
        .query_row(check, [], |row| row.get(0))
        .map_err(told)?;
    if answer != "ok" {
        return Err(answer);
    }
    let mut statement = connection
        .prepare(
            "SELECT DISTINCT rows.transaction_id FROM attempts JOIN rows ON rows.id = attempts.row",
        )
        .map_err(told)?;
    let attempted = statement.query_map([], |row| row.get(0)).map_err(told)?;
    let attempted = attempted.collect::<Result<_, _>>().map_err(told)?;
    let rows = connection
        .query_row("SELECT count(*) FROM rows", [], |row| row.get(0))
        .map_err(told)?;
    Ok(Seen { attempted, rows })
}
