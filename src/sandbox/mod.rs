//! A stand-in for the Constellation1 eSign REST service, served on loopback.
//!
//! It is written from the service's documents and from how WCF behaves, not from any client, so
//! that a client can be tested against it. What the documents leave open is a setting
//! ([`Settings`], [`AnswerStyle`]); what can go wrong is a [`Fault`]. Sources of facts are tagged:
//! (D) the vendor's documents, (S) a vendor's sample, (R) release notes, (W) general behaviour of
//! WCF, (I) inferred, (A) assumed.
//!
//! Faults are chosen, in this order, by a [`Script`], by a plus-tag in a signer's e-mail
//! (`ana+refuse@example.com`), by a [`Rate`] (`429=5%`).
//!
//! Beside the service's paths it has its own, without credentials, uncounted:
//!
//! | path | shows |
//! |---|---|
//! | `GET /sandbox/stats` | [`Stats`] as JSON; `?transaction_id=X` only that one, `?transactions=false` none |
//! | `GET /sandbox/requests?after=N` | the last 1000 requests: number, method, path without salts, `at_ms` since the start, status (null: none yet, or closed without one), fault |
//! | `GET /sandbox/mails` | the last 1000 invites that would have left |
//!
//! A request's way: `server` → `wire::routes` → `service` → (`copying` | `lookups`) →
//! `wire::answer` → `wire::fault_effects` → `wire::response`. All state is in `service`, behind one lock that
//! no wait ever holds. `faults` says what goes wrong and when, `settings` how the service behaves
//! where its documents leave that open, `sessions` keeps what was made: in a file without a name,
//! so that memory stays flat, and without a database, which cost a copy 15 % more.

mod choice;
mod copied_session;
mod copying;
mod error;
mod faults;
mod handle;
mod ids;
mod log;
mod lookups;
mod server;
mod service;
mod sessions;
mod settings;
mod stats;
mod tokens;
mod wire;

pub use error::SettingError;
pub use faults::fault::Fault;
pub use faults::parameters::RetryAfter;
pub use faults::rules::{Rate, Rule, Script, Then};
pub use faults::target::Target;
pub use handle::{Running, Sandbox};
pub use sessions::session::{SessionState, Signer};
pub use settings::answer_style::{
    AnswerStyle, DateStyle, Details, Envelope, ErrorStyle, FailureId, IdPlace, ListMember, Names,
    NullStyle, SessionIdName, SessionMember, Wrapping,
};
pub use settings::source::KnownSource;
pub use settings::{
    CopyState, DEFAULT_OWNER, LargePage, LateExpiry, PageNumber, Settings, SignerIdField,
    SignerMode, TitleField, UnknownSigner,
};
pub use stats::{Stats, TransactionStats};
