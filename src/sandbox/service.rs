//! The service's whole state, and how each call is passed on.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;
use uuid::Uuid;

use super::faults::chooser::{Chooser, Subject};
use super::faults::fault::Fault;
use super::faults::target::Target;
use super::ids::read_id;
use super::log::{Log, LoggedRequest, Mail};
use super::sessions::session::{Session, SessionState};
use super::sessions::state_file::{Line, StateFile};
use super::sessions::store::{Origin, Store};
use super::settings::Settings;
use super::settings::source::made_up;
use super::stats::Stats;
use super::tokens::{Tokens, decrypt, encrypt};
use super::wire::answer::{Answer, Answers, json_answer, page};
use super::wire::fault_effects::{Plan, after, instead};
use super::wire::request::CopyRequest;
use super::wire::routes::{Operation, query_value};

/// What the connections share.
pub(super) struct Service {
    settings: Settings,
    started: Instant,
    state: Mutex<State>,
}

/// What changes while the sandbox runs.
pub(super) struct State {
    pub(super) store: Store,
    pub(super) stats: Stats,
    chooser: Chooser,
    tokens: Tokens,
    requests: Log<LoggedRequest>,
    mails: Log<Mail>,
    file: Option<StateFile>,
}

/// A request as the handlers need it.
pub(super) struct Call<'a> {
    pub(super) operation: Operation,
    /// The values in the path.
    pub(super) values: &'a [String],
    pub(super) query: &'a str,
    pub(super) authorization: Option<&'a str>,
    /// Whether the body is said to be JSON.
    pub(super) is_json: bool,
    pub(super) body: &'a [u8],
}

impl Service {
    /// Loads the state file, if there is one.
    pub(super) fn open(settings: Settings) -> io::Result<Self> {
        let mut state = State {
            store: Store::default(),
            stats: Stats::default(),
            chooser: Chooser::new(&settings.script, &settings.rates, settings.seed),
            tokens: Tokens::new(settings.token_life, settings.token_single_use),
            requests: Log::new(),
            mails: Log::new(),
            file: None,
        };
        for known in settings.known_sources.iter().flatten() {
            state.store.insert(&known.session(), Origin::Known);
        }
        if let Some(path) = &settings.state {
            let load = |line| match line {
                Line::Session(session) => drop(state.store.insert(&session, Origin::Copy)),
                Line::Status { id, status } => state.keep_status(id, status),
            };
            state.file = Some(StateFile::open(path, load)?);
        }
        Ok(Self {
            settings,
            started: Instant::now(),
            state: Mutex::new(state),
        })
    }

    /// The state, for as long as no answer is awaited.
    fn state(&self) -> MutexGuard<'_, State> {
        // A panic in one request must not end a rehearsal.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts and logs a request whose head has arrived; gives its number in the log.
    pub(super) fn begin(&self, name: &str, method: &str, path: String) -> u64 {
        let mut state = self.state();
        *state.stats.requests.entry(name.to_owned()).or_default() += 1;
        state.requests.push(|number| LoggedRequest {
            number,
            method: method.to_owned(),
            path,
            at_ms: self
                .started
                .elapsed()
                .as_millis()
                .try_into()
                .unwrap_or(u64::MAX),
            status: None,
            fault: None,
        })
    }

    /// Notes how a request was answered.
    pub(super) fn finish(&self, number: u64, status: Option<u16>, fault: Option<Fault>) {
        if let Some(entry) = self.state().requests.entry(number) {
            entry.status = status;
            entry.fault = fault.map(|fault| fault.to_string());
        }
    }

    /// Decides what happens to a call.
    pub(super) fn answer(&self, call: &Call<'_>) -> Plan {
        let answers = Answers {
            settings: &self.settings,
            operation: call.operation,
        };
        let mut state = self.state();
        let plan = state.answer(call, &answers);
        if let Some(fault) = plan.fault {
            *state.stats.faults.entry(fault.to_string()).or_default() += 1;
        }
        plan
    }

    /// Commits a copy whose request got no answer.
    pub(super) fn commit_late(&self, session: &mut Session) {
        session.created_ms = now_ms();
        self.state().commit(session, Duration::ZERO);
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
    /// Token, then fault, then the work. A copy request counts as received before anything can go
    /// wrong with it.
    fn answer(&mut self, call: &Call<'_>, answers: &Answers<'_>) -> Plan {
        let Some(target) = call.operation.target() else {
            return Plan::honest(self.own_answer(call, answers));
        };
        let request = match target {
            Target::Copy => match CopyRequest::read(call.body).filter(|_| call.is_json) {
                Some(request) => {
                    self.stats.copies_received += 1;
                    self.store.receive(request.transaction_id(), request.source);
                    Some(request)
                }
                None => return Plan::honest(page(400)),
            },
            _ => None,
        };
        // A call with a bad token answers null. (D)
        let token = call.authorization;
        if target != Target::Token && !token.is_some_and(|token| self.tokens.accept(token)) {
            return Plan::honest(answers.null());
        }
        let subject = subject(call, target, request.as_ref());
        let fault = self.chooser.choose(target, &subject);
        if let Some(plan) = fault.and_then(|fault| instead(fault, answers)) {
            return plan;
        }
        let answer = match (target, &request) {
            (Target::Copy, Some(request)) => return self.copy(request, fault, answers),
            (Target::Copy, None) => page(400),
            (Target::Token, _) => self.token(call, answers),
            (Target::Session, _) => self.about_session(call, answers),
            (Target::Lookup, _) => self.look_up(call, fault, answers),
        };
        after(fault, answer)
    }

    /// EncryptString, and the sandbox's own pages.
    fn own_answer(&mut self, call: &Call<'_>, answers: &Answers<'_>) -> Answer {
        let query = |name| query_value(call.query, name);
        let shown = match call.operation {
            Operation::Stats => {
                let all = query("transactions").as_deref() != Some("false");
                json!(self.stats(query("transaction_id").as_deref(), all))
            }
            Operation::Requests => {
                let after = query("after").and_then(|text| text.parse().ok());
                let requests = self.requests.after(after.unwrap_or(0));
                json!({ "last": self.requests.count(), "requests": requests })
            }
            Operation::Mails => {
                json!({ "count": self.mails.count(), "mails": self.mails.after(0) })
            }
            _ => return encrypted(&call.values[0], &call.values[1], answers),
        };
        json_answer(shown.to_string().into_bytes())
    }

    /// GetToken.
    fn token(&mut self, call: &Call<'_>, answers: &Answers<'_>) -> Answer {
        let salt = &call.values[0];
        let key = call.authorization.and_then(|sealed| decrypt(sealed, salt));
        if key.as_ref() == Some(&answers.settings.api_key) {
            answers.value(&self.tokens.issue())
        } else {
            answers.error("Error: Invalid API key")
        }
    }

    /// Commits a copy: keeps it, keeps it from look-ups by transaction for so long, notes it for
    /// the state file, lets its invites leave if it is out for signing. `false` when it is too
    /// large to keep.
    pub(super) fn commit(&mut self, session: &Session, invisible: Duration) -> bool {
        let Some(number) = self.store.insert(session, Origin::Copy) else {
            return false;
        };
        if invisible > Duration::ZERO {
            self.store.hide(number, invisible);
        }
        self.stats.copies_committed += 1;
        if let Some(file) = &mut self.file {
            file.note(&Line::Session(Box::new(session.clone())));
        }
        if session.status == SessionState::InSent {
            self.send_invites(session);
        }
        true
    }

    /// Gives a copy or a source another state.
    pub(super) fn set_status(&mut self, id: Uuid, status: SessionState) {
        self.keep_status(id, status);
        if let Some(file) = &mut self.file {
            file.note(&Line::Status { id, status });
        }
    }

    fn keep_status(&mut self, id: Uuid, status: SessionState) {
        if !self.store.set_status(id, status) {
            let source = Session {
                status,
                ..made_up(id)
            };
            self.store.insert(&source, Origin::MadeUp);
        }
    }

    /// Records the mails that leave when a session is started with invites on.
    pub(super) fn send_invites(&mut self, session: &Session) {
        let signers = session.signers();
        for signer in signers.iter().filter(|_| session.invites) {
            let (session_id, email) = (session.id, signer.email.clone());
            self.mails.push(|_| Mail { session_id, email });
        }
        self.stats.mails = self.mails.count();
    }

    /// The session with that id: an earlier copy, a known source, or one made up where any GUID
    /// will do.
    pub(super) fn source(&self, id: Uuid, settings: &Settings) -> Option<Session> {
        let any_will_do = settings.known_sources.is_none() && !id.is_nil();
        let known = self.store.find(id);
        known.or_else(|| any_will_do.then(|| made_up(id)))
    }

    fn stats(&self, only: Option<&str>, all: bool) -> Stats {
        let mut stats = self.stats.clone();
        if only.is_some() || all {
            stats.transactions = self.store.transactions(only);
        }
        stats
    }
}

/// What rules on faults may look at.
fn subject<'a>(
    call: &'a Call<'_>,
    target: Target,
    request: Option<&'a CopyRequest>,
) -> Subject<'a> {
    let value = |place: usize| call.values.get(place).map(String::as_str);
    match (target, request) {
        (_, Some(request)) => Subject {
            session: request.source,
            transaction_id: request.info.transaction_id.as_deref(),
            emails: request.emails().collect(),
        },
        (Target::Session, _) => Subject {
            session: value(0).and_then(|id| read_id(id).ok()),
            ..Subject::default()
        },
        (Target::Lookup, _) if !call.operation.is_by_state() => Subject {
            transaction_id: value(1),
            ..Subject::default()
        },
        _ => Subject::default(),
    }
}

/// EncryptString. Salts other than letters and digits are refused. (D)
fn encrypted(plain: &str, salt: &str, answers: &Answers<'_>) -> Answer {
    if salt.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        answers.value(&encrypt(plain, salt))
    } else {
        answers.error("Error: Invalid user account information")
    }
}
