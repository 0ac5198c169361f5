//! The service's whole state, and how each call is passed on.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::faults::chooser::Chooser;
use super::faults::fault::Fault;
use super::guid::Guid;
use super::log::{Entry, Log, Mail, show_mails, show_requests};
use super::seal::Tokens;
use super::sessions::session::{Session, Source};
use super::sessions::state_file::{Line, StateFile};
use super::sessions::store::Store;
use super::settings::Settings;
use super::settings::known::{KnownSource, SessionState};
use super::stats::{Stats, transactions};
use super::tokens::encrypted;
use super::wire::answer::{Answer, Answers, Family};
use super::wire::routes::Route;
use super::wire::spoil::Plan;

/// What the connections share.
pub(super) struct World {
    pub(super) settings: Settings,
    started: Instant,
    state: Mutex<State>,
}

/// What changes while the sandbox runs.
pub(super) struct State {
    pub(super) store: Store,
    pub(super) known: HashMap<Guid, KnownSource>,
    /// Known sources by the transaction ids they were given.
    pub(super) known_transactions: HashMap<String, Vec<Guid>>,
    /// States of sources that were cancelled, started or deleted here.
    pub(super) source_states: HashMap<Guid, u8>,
    pub(super) chooser: Chooser,
    pub(super) mails: Log<Mail>,
    pub(super) copies_received: u64,
    pub(super) tokens: Tokens,
    copies_committed: u64,
    requests: BTreeMap<&'static str, u64>,
    faults: BTreeMap<String, u64>,
    log: Log<Entry>,
    file: Option<StateFile>,
}

/// A request as the handlers need it.
pub(super) struct Call<'a> {
    pub(super) route: &'a Route,
    pub(super) authorization: Option<&'a str>,
    /// Whether the body is said to be JSON.
    pub(super) is_json: bool,
    pub(super) body: &'a [u8],
}

impl World {
    /// Loads the state file, if there is one.
    pub(super) fn open(settings: Settings) -> io::Result<Self> {
        let mut store = Store::default();
        let mut source_states = HashMap::new();
        let mut load = |line| match line {
            Line::Session(session) => {
                store.insert(&session);
            }
            Line::Status { id, status } => match store.find(id) {
                Some(number) => store.set_status(number, status),
                None => {
                    source_states.insert(id, status);
                }
            },
        };
        let file = match &settings.state {
            Some(path) => Some(StateFile::open(path, &mut load)?),
            None => None,
        };
        let known = settings.known_sources.iter().flatten();
        let mut known_transactions = HashMap::<String, Vec<Guid>>::new();
        for source in known.clone() {
            if let Some(name) = &source.transaction_id {
                known_transactions
                    .entry(name.clone())
                    .or_default()
                    .push(source.id);
            }
        }
        let state = State {
            store,
            known: known.map(|source| (source.id, source.clone())).collect(),
            known_transactions,
            source_states,
            chooser: Chooser::new(&settings.script, &settings.rates, settings.seed),
            mails: Log::new(),
            copies_received: 0,
            tokens: Tokens::new(settings.token_life, settings.token_single_use),
            copies_committed: 0,
            requests: BTreeMap::new(),
            faults: BTreeMap::new(),
            log: Log::new(),
            file,
        };
        Ok(Self {
            settings,
            started: Instant::now(),
            state: Mutex::new(state),
        })
    }

    /// The state, for as long as no answer is awaited.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // A panic in one request must not end a rehearsal.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts and logs a request whose head has arrived; gives its number in the log.
    pub(super) fn begin(&self, route: &Route, method: hyper::Method, path: String) -> u64 {
        let mut state = self.state();
        if !route.is_service() {
            return 0;
        }
        *state.requests.entry(route.name()).or_default() += 1;
        let at = Instant::now();
        state.log.push(Entry {
            at,
            method,
            path,
            status: None,
            fault: None,
        })
    }

    /// Notes how a request was answered.
    pub(super) fn finish(&self, number: u64, status: Option<u16>, fault: Option<Fault>) {
        if let Some(entry) = self.state().log.entry(number) {
            (entry.status, entry.fault) = (status, fault);
        }
    }

    /// Decides what happens to a call.
    pub(super) fn answer(&self, call: &Call<'_>) -> Plan {
        let mut state = self.state();
        let plan = state.answer(&self.settings, self.started, call);
        if let Some(fault) = plan.fault {
            *state.faults.entry(fault.to_string()).or_default() += 1;
        }
        plan
    }

    /// Commits a copy nobody is told of.
    pub(super) fn commit_late(&self, session: &mut Session) {
        session.created_ms = now_ms();
        self.state().commit(session);
    }

    /// Writes what is new to the state file.
    pub(super) fn save(&self) -> io::Result<()> {
        self.state().file.as_mut().map_or(Ok(()), StateFile::save)
    }

    /// What has been counted.
    pub(super) fn stats(&self) -> Stats {
        self.state().stats(None, true)
    }
}

/// The time now, in Unix milliseconds.
pub(super) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

impl State {
    fn answer(&mut self, settings: &Settings, started: Instant, call: &Call<'_>) -> Plan {
        let operation = call.route.name();
        let answers = |family| Answers {
            settings,
            operation,
            family,
        };
        match call.route {
            Route::EncryptString { plain, salt } => {
                Plan::honest(encrypted(plain, salt, &answers(Family::Request)))
            }
            Route::GetToken { salt } => {
                self.token(salt, call.authorization, &answers(Family::Request))
            }
            Route::Copy => self.copy(call, &answers(Family::Session)),
            Route::GetSession(id) => self.read_session(id, call, &answers(Family::Session)),
            Route::StartSession(id) | Route::CancelSession(id) | Route::DeleteSession(id) => {
                self.change_session(id, call, &answers(Family::Request))
            }
            Route::LiteList(query) => self.lite_list(query, call, &answers(Family::List)),
            Route::ByTransaction {
                username,
                transaction_id,
                ..
            } => self.by_transaction(username, transaction_id, call, &answers(Family::Session)),
            Route::ByState {
                state,
                page_size,
                page_number,
            } => self.by_state(*state, page_size, page_number, call, &answers(Family::List)),
            Route::Stats {
                transaction_id,
                transactions,
            } => {
                let stats = self.stats(transaction_id.as_deref(), *transactions);
                let json = serde_json::to_vec(&stats).expect("plain members always serialise");
                Plan::honest(Answer::json(json))
            }
            Route::Requests { after } => {
                Plan::honest(Answer::json(show_requests(&self.log, *after, started)))
            }
            Route::Mails => Plan::honest(Answer::json(show_mails(&self.mails))),
            Route::Refused(status) => Plan::honest(Answer::html(*status)),
        }
    }

    /// Whether the call's token is good. A call with a bad one answers null. (D)
    pub(super) fn is_allowed(&mut self, call: &Call<'_>) -> bool {
        call.authorization
            .is_some_and(|token| self.tokens.accept(token))
    }

    /// Commits a copy: keeps it, notes it for the state file, lets its invites leave if it is
    /// out for signing. `None` when it is too large to keep.
    pub(super) fn commit(&mut self, session: &Session) -> Option<u32> {
        let number = self.store.insert(session)?;
        self.copies_committed += 1;
        if let Some(file) = &mut self.file {
            file.note(&Line::Session(Box::new(session.clone())));
        }
        if session.status == SessionState::InSent.code() {
            self.send_invites(session);
        }
        Some(number)
    }

    /// Gives a copy or a source another state.
    pub(super) fn set_status(&mut self, id: Guid, state: SessionState) {
        let status = state.code();
        match self.store.find(id) {
            Some(number) => self.store.set_status(number, status),
            None => {
                self.source_states.insert(id, status);
            }
        }
        if let Some(file) = &mut self.file {
            file.note(&Line::Status { id, status });
        }
    }

    /// Records the mails that leave when a session is started with invites on.
    pub(super) fn send_invites(&mut self, session: &Session) {
        if !session.invites {
            return;
        }
        let session_id = session.id;
        for signer in Source::copy(session.clone()).signers() {
            self.mails.push(Mail {
                session_id,
                email: signer.email.clone(),
            });
        }
    }

    /// The session with that id: an earlier copy, a known source, or one made up where any GUID
    /// will do.
    pub(super) fn source(&self, id: Guid, settings: &Settings) -> Option<Source> {
        if let Some(number) = self.store.find(id) {
            return Some(Source::copy(self.store.session(number)));
        }
        let known = self.known.get(&id).map(Source::known);
        let mut source = known.or_else(|| {
            (settings.known_sources.is_none() && !id.is_zero()).then(|| Source::made_up(id))
        })?;
        if let Some(status) = self.source_states.get(&id) {
            source.session.status = *status;
        }
        Some(source)
    }

    fn stats(&self, only: Option<&str>, all: bool) -> Stats {
        Stats {
            requests: self
                .requests
                .iter()
                .map(|(name, n)| ((*name).to_owned(), *n))
                .collect(),
            copies_received: self.copies_received,
            copies_committed: self.copies_committed,
            mails: self.mails.count(),
            faults: self.faults.clone(),
            transactions: transactions(&self.store, only, all),
        }
    }
}

/// How long a new copy stays out of look-ups: the longer of setting and fault.
pub(super) fn blind_time(settings: &Settings, fault: Option<Fault>) -> Duration {
    match fault {
        Some(Fault::Invisible(duration)) => duration.max(settings.visibility_delay),
        _ => settings.visibility_delay,
    }
}
