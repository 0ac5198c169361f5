//! Made-up jobs with a made-up fate: lists that are edited between runs, a service that loses
//! answers, runs that are killed. After each run the judge compares ledger, report and service.
//!
//! `PROPTEST_CASES` says how many, `ESIGN_COPY_LONG=1` means 200. `ESIGN_COPY_SEED` repeats
//! the jobs of a run; what failed once is kept in `found.txt` and tried first.

mod case;
mod every_fault;
#[path = "../judge/mod.rs"]
mod judge;
mod list;
mod runs;
mod world;

use std::sync::Mutex;

use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestRunner};

use world::{Count, World};

/// Jobs wait for windows more than they work.
const THREADS: u32 = 4;

fn number_of_cases() -> u32 {
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => Config::default().cases,
        None if is_long() => 200,
        None => 24,
    }
}

fn is_long() -> bool {
    std::env::var_os("ESIGN_COPY_LONG").is_some()
}

fn seed() -> u64 {
    let given = std::env::var("ESIGN_COPY_SEED").ok();
    given.map_or_else(|| fastrand::u64(..1_000_000), |seed| seed.parse().unwrap())
}

fn config(seed: u64) -> Config {
    let found = FileFailurePersistence::Direct("tests/model/found.txt");
    Config {
        cases: number_of_cases().div_ceil(THREADS),
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: Some(Box::new(found)),
        max_shrink_time: 180_000,
        ..Config::default()
    }
}

#[test]
fn no_job_copies_anything_twice_or_loses_an_outcome() {
    let seed = seed();
    println!("seed {seed}");
    let total = Mutex::new(Count::default());
    let work = |thread: u32| {
        let mut runner = TestRunner::new(config(seed + u64::from(thread)));
        runner.run(&case::case(), |case| {
            let count = World::new(&case, None).live(&case.steps);
            total.lock().unwrap().add(count);
            Ok(())
        })
    };
    let failures: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| scope.spawn(move || work(thread)))
            .collect();
        let ends = threads.into_iter().map(|thread| thread.join().unwrap());
        ends.filter_map(|end| end.err().map(|error| error.to_string()))
            .collect()
    });
    println!("{}", total.lock().unwrap());
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// Each broken build must be found out by jobs like these, and soon.
#[test]
fn broken_builds_are_found_out() {
    for (broken, kind) in [
        ("broken-blind-repeat", "duplicate: "),
        ("broken-result-only", "lost: "),
    ] {
        let mut runner = TestRunner::new(Config {
            cases: 60,
            failure_persistence: None,
            max_shrink_iters: 0,
            rng_seed: RngSeed::Fixed(1),
            ..Config::default()
        });
        let tried = std::cell::Cell::new(0);
        let ended = runner.run(&case::case(), |case| {
            tried.set(tried.get() + 1);
            World::new(&case, Some(broken)).live(&case.steps);
            Ok(())
        });
        let error = ended.expect_err(broken).to_string();
        assert!(error.contains(kind), "{broken}: {error}");
        println!("{broken}: found out by job {}", tried.get());
    }
}
