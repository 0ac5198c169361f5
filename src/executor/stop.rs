//! Why a run stops, and the switch by which its tasks learn of it.

use std::fmt;

use jiff::Timestamp;
use tokio::sync::watch;

use super::canary::REFUSALS;
use crate::support::counted;

/// Why a run stops before its rows are done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// A signal asked for it.
    Signal(Signal),
    /// The service refuses the credentials, in its own words.
    Credentials(String),
    /// So many copies in a row were answered without a word: nobody knows whether they were made.
    Nulls(u32),
    /// The service can't be reached.
    Unreachable(String),
    /// The certificate of whoever answers is not trusted.
    NotTrusted(String),
    /// The service knows no owner of the username.
    Username(String),
    /// The service asks to come back later than `--max-pause` allows.
    ComeBack(Timestamp),
    /// `--max-failures`.
    Failures(u64),
    /// `--max-uncertain`.
    Uncertain(u64),
    /// Rows in a row were refused alike.
    RefusedAlike(String),
    /// The first rows were refused, with such words, before any was copied.
    RefusedFirst(String),
    /// The first copy is not what was asked for.
    Canary(String),
    /// A report that became a ledger names a transaction id that is not its row's.
    Report(String),
    /// The ledger can't record any more.
    Journal(String),
    /// The program failed in a way that nobody foresaw.
    Internal(String),
}

/// The signals that end a run in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// The terminal or session is gone.
    Hangup,
    /// Ctrl-C.
    Interrupt,
    /// A polite kill.
    Terminate,
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hangup => "SIGHUP",
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        })
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal(signal) => write!(f, "{signal}"),
            Self::Credentials(words) => write!(f, "the service refuses the credentials: {words}"),
            Self::Nulls(count) => write!(
                f,
                "{} answered without a word, as for a token that is not accepted, but may have \
                 been made. Check the credentials",
                match count {
                    1 => "a copy was".to_owned(),
                    count => format!("{count} copies in a row were"),
                }
            ),
            Self::Unreachable(reason) => write!(f, "the service can't be reached: {reason}"),
            Self::NotTrusted(reason) => write!(
                f,
                "the service's certificate is not trusted: {reason}. If a proxy or a test service \
                 has a certificate of its own, name the file with its issuer's, or with it where it \
                 issues no others (CA:FALSE), by --ca-file"
            ),
            Self::Username(words) => write!(
                f,
                "{}. --username must be the e-mail address of the sessions' owner",
                words.trim_end_matches('.')
            ),
            Self::ComeBack(until) => {
                write!(
                    f,
                    "the service asks to come back at {until:.0}, later than --max-pause. Come \
                     back then, or allow more with --max-pause"
                )
            }
            Self::Failures(count) => write!(f, "--max-failures: {} failed", counted(*count, "row")),
            Self::Uncertain(count) => {
                let rows = counted(*count, "row");
                write!(f, "--max-uncertain: {rows} could not be settled")
            }
            Self::RefusedFirst(words) => {
                write!(
                    f,
                    "{REFUSALS} rows in a row were refused before any was copied: {words}"
                )
            }
            Self::Canary(reason) => write!(f, "canary: {reason}"),
            Self::Report(reason) => write!(
                f,
                "the report does not fit what was copied: {reason}. Was the row corrected after it \
                 was copied, or did ids change places? Look at that session, and say with `resolve` \
                 what it is"
            ),
            Self::RefusedAlike(words) => {
                write!(
                    f,
                    "{REFUSALS_IN_A_ROW} rows in a row were refused alike: {words}"
                )
            }
            Self::Internal(reason) => f.write_str(reason),
            Self::Journal(reason) => write!(f, "the ledger can't record any more: {reason}"),
        }
    }
}

/// So many refusals with the same words or status are the job's fault, not the rows'.
pub const REFUSALS_IN_A_ROW: u32 = 20;

/// Where a stop is asked for, and seen by everything that could still begin a request.
#[derive(Debug, Clone)]
pub struct StopSwitch {
    state: watch::Sender<State>,
}

#[derive(Debug, Clone, Default)]
struct State {
    stop: Option<Stop>,
    /// Whether reads end too.
    ends_reads: bool,
    signals: u32,
}

impl Stop {
    /// Whether it ends reads too. After nulls, rows are still looked up; then nothing is sent any
    /// more that the guards of sending could be for.
    fn ends_reads(&self, is_first: bool) -> bool {
        match self {
            Self::Nulls(_) => false,
            Self::Failures(_)
            | Self::Uncertain(_)
            | Self::RefusedAlike(_)
            | Self::RefusedFirst(_)
            | Self::Canary(_) => is_first,
            Self::Signal(_)
            | Self::Credentials(_)
            | Self::Unreachable(_)
            | Self::NotTrusted(_)
            | Self::Username(_)
            | Self::ComeBack(_)
            | Self::Report(_)
            | Self::Journal(_)
            | Self::Internal(_) => true,
        }
    }
}

impl Default for StopSwitch {
    fn default() -> Self {
        Self {
            state: watch::Sender::new(State::default()),
        }
    }
}

impl StopSwitch {
    /// Asks to stop: no request begins any more, those that are out may finish. The first
    /// reason counts; only what can't be recorded comes before any other.
    pub fn stop(&self, stop: Stop) {
        self.state.send_if_modified(|state| {
            let ends_reads = !state.ends_reads && stop.ends_reads(state.stop.is_none());
            state.ends_reads |= ends_reads;
            let counts = match &state.stop {
                None => true,
                Some(Stop::Journal(_)) => false,
                Some(_) => matches!(stop, Stop::Journal(_)),
            };
            if counts {
                state.stop = Some(stop);
            }
            counts || ends_reads
        });
    }

    /// A signal: the first one stops the run, if nothing else did, and lets what is out finish
    /// within the grace; a second one ends that wait.
    pub fn signal(&self, signal: Signal) {
        self.state.send_modify(|state| {
            state.stop.get_or_insert(Stop::Signal(signal));
            state.ends_reads = true;
            state.signals += 1;
        });
    }

    /// The reason, if the run is to stop.
    pub fn reason(&self) -> Option<Stop> {
        self.state.borrow().stop.clone()
    }

    /// Whether not even the requests that are out should be waited for.
    pub fn is_urgent(&self) -> bool {
        self.state.borrow().signals > 1
    }

    /// Whether nothing begins any more, not even a read.
    pub fn ends_reads(&self) -> bool {
        self.state.borrow().ends_reads
    }

    /// Waits until a stop is asked for.
    pub async fn requested(&self) {
        self.wait_for(|state| state.stop.is_some()).await;
    }

    /// Waits until a stop is asked for that ends reads too.
    pub async fn reads_end(&self) {
        self.wait_for(|state| state.ends_reads).await;
    }

    /// Waits until a signal comes.
    pub async fn signalled(&self) {
        self.wait_for(|state| state.signals > 0).await;
    }

    /// Waits until a second signal comes.
    pub async fn urgent(&self) {
        self.wait_for(|state| state.signals > 1).await;
    }

    async fn wait_for(&self, is_so: impl FnMut(&State) -> bool) {
        let mut state = self.state.subscribe();
        state
            .wait_for(is_so)
            .await
            .expect("this switch holds the sender");
    }
}
