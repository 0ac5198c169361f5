//! Why a run stops, and the switch by which its tasks learn of it.

use jiff::Timestamp;
use tokio::sync::watch;

use crate::support::counted;

/// Why a run stops before its rows are done, in words for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// A signal asked for it.
    #[error("{0}")]
    Signal(Signal),
    /// The service refuses the credentials, in its own words.
    #[error("the service refuses the credentials: {0}")]
    Credentials(String),
    /// So many copies in a row were answered without a word: nobody knows whether they were made.
    #[error(
        "the service answered {} with nothing (null), as it does when it does not accept a token; \
         copies may have been made. Check the credentials",
        match .0 {
            1 => "a copy".to_owned(),
            count => format!("{count} copies in a row"),
        }
    )]
    Nulls(u32),
    /// The service can't be reached.
    #[error("the service can't be reached: {0}")]
    Unreachable(String),
    /// The certificate of whoever answers is not trusted.
    #[error(
        "the service's certificate is not trusted: {0}. If a proxy or a test service has its own \
         certificate, say --ca-file with the PEM file of whoever issued it, or of the certificate itself \
         if that issues no others (CA:FALSE)"
    )]
    NotTrusted(String),
    /// The service knows no owner of the username.
    #[error(
        "{}. --username must be the e-mail address of the sessions' owner",
        .0.trim_end_matches('.')
    )]
    Username(String),
    /// The service asks to wait longer than `--max-pause` allows.
    #[error(
        "the service asks us to wait until {0:.0}, which is longer than --max-pause allows. Run again \
         then, or allow more with --max-pause"
    )]
    ComeBack(Timestamp),
    /// `--max-failures`.
    #[error("--max-failures reached: {} failed", counted(*.0, "row"))]
    Failures(u64),
    /// `--max-uncertain`.
    #[error("--max-uncertain reached: {} could not be settled", counted(*.0, "row"))]
    Uncertain(u64),
    /// Rows in a row were refused alike.
    #[error("the service refused {REFUSALS_IN_A_ROW} rows in a row for the same reason: {0}")]
    RefusedAlike(String),
    /// The first rows were refused, with such words, before any was copied.
    #[error(
        "the service refused {REFUSALS_BEFORE_ANY_COPY} rows in a row before it copied any: {0}"
    )]
    RefusedFirst(String),
    /// The first copy is not what was asked for.
    #[error("canary: {0}")]
    Canary(String),
    /// A report that became a ledger names a transaction id that is not its row's.
    #[error(
        "the report does not match what was copied: {0}. Was the row corrected after it was copied, \
         or were ids swapped? Look at that session in the service, and record what it is with `resolve`"
    )]
    Report(String),
    /// The ledger can't record any more.
    #[error("nothing more can be recorded in the ledger: {0}")]
    Journal(String),
    /// The program failed in a way that nobody foresaw.
    #[error("{0}")]
    Internal(String),
}

/// The signals that end a run in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Signal {
    /// The terminal or session is gone.
    #[error("SIGHUP")]
    Hangup,
    /// Ctrl-C.
    #[error("SIGINT")]
    Interrupt,
    /// A polite kill.
    #[error("SIGTERM")]
    Terminate,
}

/// So many rows refused in a row, before any was copied, are the job's fault.
pub(super) const REFUSALS_BEFORE_ANY_COPY: u32 = 3;
/// So many refusals with the same words or status are the job's fault, not the rows'.
pub const REFUSALS_IN_A_ROW: u32 = 20;

/// Where a stop is asked for, and seen by everything that could still begin a request.
#[derive(Debug, Clone, Default)]
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
