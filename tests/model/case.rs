//! What a job is made of, and how it is made up.

use esign_copy::sandbox::Fault;
use proptest::prelude::*;
use proptest::sample::select;

/// A made-up job.
#[derive(Debug, Clone)]
pub struct Case {
    /// Whether its list has a key of its own for each row.
    pub is_keyed: bool,
    pub settling: Settling,
    /// How long the service takes to answer a copy that it has made, in milliseconds.
    pub latency: u64,
    /// Faults of calls other than copies, by rate.
    pub weather: Vec<String>,
    pub people: Vec<Person>,
    pub steps: Vec<Step>,
}

/// Whether uncertain rows are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settling {
    Always,
    /// By every second run, and at last.
    Sometimes,
    Never,
}

/// A row of the list, as its author would tell it.
#[derive(Debug, Clone)]
pub struct Person {
    /// Which of three source sessions.
    pub source: usize,
    pub transaction_id: Given,
    /// What the service does to its copies in turn, before it is honest.
    pub faults: Vec<Fault>,
}

/// A row's transaction id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// Made by the program.
    Nothing,
    /// The list's, and no other row's.
    Own,
    /// The list's, for every such row. With the same title nothing tells their copies apart.
    Shared,
}

/// What happens next.
#[derive(Debug, Clone)]
pub enum Step {
    Run(Option<u64>, AttemptOutcome),
    /// Whether failed rows are corrected in the report, and in the list too.
    Retry {
        corrects: bool,
        corrects_list: bool,
        outcome: AttemptOutcome,
    },
    Add(Person),
    Remove(usize),
    /// What was removed comes back, under another title or as it was.
    Restore {
        is_retitled: bool,
    },
    /// Two runs at once, as of a timer that knows nothing of the other.
    Overlap,
    Reverse,
    Rotate(usize),
    Retitle(usize),
}

impl Step {
    /// The person who comes with this step, if one does.
    pub fn added(&mut self) -> Option<&mut Person> {
        match self {
            Self::Add(person) => Some(person),
            _ => None,
        }
    }
}

/// How a run ends.
#[derive(Debug, Clone)]
pub enum AttemptOutcome {
    ByItself,
    /// `kill -9` after so many milliseconds.
    Killed(u64),
    /// SIGTERM after so many milliseconds, and so many more for what is out.
    Terminated(u64, u64),
    /// A crash at a named instant, at its n-th time.
    Crashed(&'static str, u32),
}

/// Faults after which nothing is certain, and some that are certain.
const FAULTS: [&str; 24] = [
    "hang",
    "hang-after-commit",
    "slow:900ms",
    "drop-after-commit",
    "half-answer-after-commit",
    "500-after-commit",
    "400-html-after-commit",
    "late-commit:150ms",
    "invisible:300ms",
    "no-id",
    "zero-guid",
    "source-id",
    "two-ids",
    "error-with-id",
    "unreadable",
    "drop-before-commit",
    "500",
    "503",
    "null",
    "null-after-commit",
    "201-after-commit",
    "204-after-commit",
    "refuse",
    "refuse",
];

/// What may happen to reads and to calls for a token. A look-up that lies is not among them: no
/// program could tell.
const WEATHER: [&str; 7] = [
    "lookup:500=10%",
    "lookup:null=10%",
    "lookup:drop-before-commit=10%",
    "lookup:lookup-duplicate=10%",
    "lookup:lookup-includes-source=30%",
    "token:500=5%",
    "session:500=10%",
];

const INSTANTS: [&str; 18] = [
    "attempt-before-begin",
    "attempt-begin-uncommitted",
    "group-committed",
    "attempt-begun",
    "attempt-answered",
    "attempt-finish-uncommitted",
    "attempt-finished",
    "import-record",
    "import-uncommitted",
    "import-committed",
    "corrections-committed",
    "ledger-renamed",
    "lock-sending",
    "look-up-answered",
    "settle-uncommitted",
    "absent-recorded",
    "report-line",
    "ledger-before-checkpoint",
];

/// A job.
pub fn case() -> impl Strategy<Value = Case> {
    let settling = select(vec![
        Settling::Always,
        Settling::Always,
        Settling::Sometimes,
        Settling::Never,
    ]);
    (any::<bool>(), settling).prop_flat_map(|(is_keyed, settling)| {
        let latency = select(vec![2_u64, 2, 60]);
        let weather = prop_oneof![
            2 => Just(Vec::new()),
            1 => prop::sample::subsequence(&WEATHER[..], 1..=3)
                .prop_map(|rates| rates.into_iter().map(str::to_owned).collect()),
        ];
        let people = prop::collection::vec(person(), 1..10);
        let steps = prop::collection::vec(step(), 1..10);
        (latency, weather, people, steps).prop_map(move |(latency, weather, people, steps)| Case {
            is_keyed,
            settling,
            latency,
            weather,
            people,
            steps,
        })
    })
}

fn person() -> impl Strategy<Value = Person> {
    let faults = prop_oneof![
        2 => Just(Vec::new()),
        3 => prop::collection::vec(select(&FAULTS[..]), 1..3),
    ];
    let transaction_id = prop_oneof![
        6 => Just(Given::Nothing),
        2 => Just(Given::Own),
        1 => Just(Given::Shared),
    ];
    (0..3_usize, transaction_id, faults).prop_map(|(source, transaction_id, faults)| {
        let faults = faults.iter().map(|fault| fault.parse().unwrap());
        Person {
            source,
            transaction_id,
            faults: faults.collect(),
        }
    })
}

fn step() -> impl Strategy<Value = Step> {
    let limit = prop_oneof![3 => Just(None), 1 => (0..5_u64).prop_map(Some)];
    prop_oneof![
        6 => (limit, outcome()).prop_map(|(limit, outcome)| Step::Run(limit, outcome)),
        3 => (any::<bool>(), any::<bool>(), outcome()).prop_map(
            |(corrects, corrects_list, outcome)| Step::Retry { corrects, corrects_list, outcome }
        ),
        1 => person().prop_map(Step::Add),
        1 => (0..10_usize).prop_map(Step::Remove),
        1 => any::<bool>().prop_map(|is_retitled| Step::Restore { is_retitled }),
        1 => Just(Step::Overlap),
        1 => Just(Step::Reverse),
        1 => (1..10_usize).prop_map(Step::Rotate),
        1 => (0..10_usize).prop_map(Step::Retitle),
    ]
}

fn outcome() -> impl Strategy<Value = AttemptOutcome> {
    prop_oneof![
        2 => Just(AttemptOutcome::ByItself),
        3 => (20..900_u64).prop_map(AttemptOutcome::Killed),
        1 => (20..600_u64, select(vec![0_u64, 20, 5_000]))
            .prop_map(|(after, grace)| AttemptOutcome::Terminated(after, grace)),
        3 => (select(&INSTANTS[..]), 1..5_u32)
            .prop_map(|(point, hit)| AttemptOutcome::Crashed(point, hit)),
    ]
}
