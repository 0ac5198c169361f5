//! Each fault that the sandbox knows, in made-up jobs that meet no other: a line of figures for
//! each. `ESIGN_COPY_LONG=1` lives through 20 jobs with each fault; otherwise a third of them,
//! by the seed, has one job each.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Mutex;

use esign_copy::sandbox::{Fault, Target};
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use crate::case::{Case, Given, Step, case};
use crate::world::{Count, World};
use crate::{THREADS, is_long, seed};

/// Services that no program sees through, and that break a promise of the documentation: two
/// copies for one request, a copy without its transaction id, a look-up that lies.
const BEYOND: [Fault; 3] = [
    Fault::DuplicateCommit,
    Fault::IgnoreTransactionId,
    Fault::LookupAbsent,
];

/// A fault, and the requests that meet it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fate {
    target: Target,
    fault: Fault,
}

impl Fate {
    /// Every fault with every request that it can happen to.
    fn all() -> Vec<Self> {
        let targets = [Target::Copy, Target::Lookup, Target::Session, Target::Token];
        let faults = Fault::catalogue().map(|(fault, ..)| fault);
        let fates = faults.flat_map(|fault| targets.map(|target| Self { target, fault }));
        fates
            .filter(|fate| fate.fault.fits(fate.target) && !BEYOND.contains(&fate.fault))
            .collect()
    }

    /// The fault as the sandbox is told of it, with durations that suit a window of a second.
    fn name(self) -> String {
        match self.fault {
            Fault::Slow(_) => "slow:900ms".to_owned(),
            Fault::Invisible(_) => "invisible:300ms".to_owned(),
            Fault::LateCommit(_) => "late-commit:150ms".to_owned(),
            fault => fault.to_string(),
        }
    }

    /// A job in which the people who were to meet a fault meet this one. Where it happens to
    /// look-ups and tokens, their copies' answers are lost, so that there is something to look up.
    fn befalls(self, mut case: Case) -> Case {
        let fault: Fault = match self.target {
            Target::Copy => self.name().parse().unwrap(),
            _ => Fault::DropAfterCommit,
        };
        let added = case.steps.iter_mut().filter_map(Step::added);
        for person in case.people.iter_mut().chain(added) {
            person.faults.fill(fault);
            // Under an id that others may carry, a session without the row's title is not taken for
            // its copy.
            if fault == Fault::IgnoreTitle {
                person.transaction_id = Given::Nothing;
            }
        }
        case.weather = match self.target {
            Target::Copy => Vec::new(),
            target => vec![format!("{target}:{}=10%", self.name())],
        };
        case
    }

    fn live(self, seed: u64) -> Result<Count, String> {
        let mut runner = TestRunner::new(Config {
            cases: 1,
            rng_seed: RngSeed::Fixed(seed),
            failure_persistence: None,
            max_shrink_time: 60_000,
            ..Config::default()
        });
        let lived = Mutex::new(Count::default());
        let jobs = case()
            .prop_filter("too few people to meet a fault", has_victims)
            .prop_map(move |case| self.befalls(case));
        let ended = runner.run(&jobs, |case| {
            *lived.lock().unwrap() = World::new(&case, None).live(&case.steps);
            Ok(())
        });
        match ended {
            Ok(()) => Ok(lived.into_inner().unwrap()),
            Err(error) => Err(format!("{self}, seed {seed}: {error}")),
        }
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        formatter.pad(&format!("{}:{name}", self.target))
    }
}

fn has_victims(case: &Case) -> bool {
    let victims = case.people.iter().filter(|one| !one.faults.is_empty());
    victims.count() >= 3
}

#[test]
fn no_fault_copies_anything_twice_or_loses_an_outcome() {
    let seed = seed();
    let (jobs, third) = if is_long() { (20, 1) } else { (1, 3) };
    println!("seed {seed}");
    let fates = Fate::all();
    let open: VecDeque<(usize, u64)> = (0..fates.len())
        .skip(seed as usize % third)
        .step_by(third)
        .flat_map(|fate| (0..jobs).map(move |job| (fate, job)))
        .collect();
    let open = Mutex::new(open);
    let mut counts: Vec<Count> = fates.iter().map(|_| Count::default()).collect();
    let mut failures = Vec::new();
    let found = Mutex::new((&mut counts, &mut failures));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let next = || open.lock().unwrap().pop_front();
                while let Some((fate, job)) = next() {
                    let lived = fates[fate].live(seed + 100 * fate as u64 + job);
                    let mut found = found.lock().unwrap();
                    match lived {
                        Ok(count) => found.0[fate].add(count),
                        Err(failure) => found.1.push(failure),
                    }
                }
            });
        }
    });
    let mut total = Count::default();
    let mut met = 0;
    for (fate, count) in fates.iter().zip(counts).filter(|(_, count)| count.jobs > 0) {
        println!("{fate:32} {}", count.figures);
        met += 1;
        total.add(count);
    }
    println!("{met} faults, {total}");
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}
