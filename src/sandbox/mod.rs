//! A stand-in for the Constellation1 eSign REST service, served on loopback.
//!
//! It is written from the service's documents and from how WCF behaves, not from any client, so
//! that a client can be tested against it. What the documents leave open is a setting
//! ([`Settings`], [`Shape`]); what can go wrong is a [`Fault`]. Sources of facts are tagged:
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
//! A request's way: `server` → `routes` → `world` → (`copying` | `single` | `lookups`) → `answer`
//! → `spoil` → `payload`. All state is in `world`, behind one lock that no wait ever holds.

mod answer;
mod arena;
mod chooser;
mod copying;
mod duration;
mod error;
mod fault;
mod fault_names;
mod guid;
mod json;
mod known;
mod log;
mod lookups;
mod members;
mod merge;
mod path;
mod payload;
mod record;
mod request;
mod retry_after;
mod routes;
mod rules;
mod running;
mod seal;
mod server;
mod session;
mod settings;
mod shape;
mod single;
mod spoil;
mod state_file;
mod stats;
mod store;
mod target;
mod tokens;
mod world;

pub use error::SettingError;
pub use fault::Fault;
pub use guid::Guid;
pub use known::{KnownSigner, KnownSource, SessionState};
pub use retry_after::RetryAfter;
pub use rules::{Rate, Rule, Script, Then};
pub use running::{Running, Sandbox};
pub use settings::{
    CopyState, LargePage, LateExpiry, PageNumber, Settings, SignerIdField, SignerMode, TitleField,
    UnknownSigner,
};
pub use shape::{
    DateStyle, Details, Envelope, ErrorStyle, FailureId, IdPlace, ListMember, Names, NullStyle,
    SessionIdName, SessionMember, Shape, Wrapping,
};
pub use stats::{Stats, TransactionStats};
pub use target::Target;
