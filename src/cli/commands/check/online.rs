//! `check --online`: what the service knows of the sources that a manifest names.

use std::collections::HashMap;

use futures::stream;

use crate::cli::commands::shared::{Service, block_on, messages};
use crate::cli::exit::stopped;
use crate::cli::output::Level;
use crate::cli::settings::ServiceSettings;
use crate::cli::{CommandContext, Endpoint, Exit, Failure, Message, Output};
use crate::executor::{misfits, read_sources};
use crate::job::{CopyRequest, SessionId};
use crate::ledger::Ledger;
use crate::manifest::InputFile;
use crate::request::RemoteSession;
use crate::support::{counted, one_line, singular_or};

/// So many sources are shown whole; the others are only counted.
const MAX_SHOWN: usize = 20;
/// So many rows that don't fit are listed one by one.
const MAX_LISTED: u64 = 50;

/// Reads each source of the planned rows, says what it is, and which rows don't fit it.
///
/// # Errors
/// Wrong usage, a stop, or a ledger that can't be read.
pub fn check_online(
    endpoint: &Endpoint,
    settings: &ServiceSettings,
    command: CommandContext<'_>,
    manifest: &InputFile,
    ledger: &Ledger,
) -> Result<Exit, Failure> {
    let service = Service::connect(endpoint, settings, command)?;
    let sources = ledger.planned_sources()?;
    let rows: HashMap<SessionId, u64> = sources.iter().copied().collect();
    let mut online = Online {
        output: command.output,
        manifest,
        ledger,
        username: settings.client.username.as_deref(),
        rows,
        shown: 0,
        missing: 0,
        misfits: 0,
        failure: None,
    };
    let (transport, credentials) = service.client();
    let ids = stream::iter(sources.iter().map(|(source, _)| *source));
    let take = |source, session| online.take(source, session);
    let read = read_sources(transport, credentials, &settings.client, ids, take);
    if let Err(stop) = block_on(read)? {
        return Err(Failure::new(Exit::of_stop(&stop), stopped(&stop)));
    }
    online.end(sources.len())
}

struct Online<'a> {
    output: &'a Output,
    manifest: &'a InputFile,
    ledger: &'a Ledger,
    username: Option<&'a str>,
    rows: HashMap<SessionId, u64>,
    shown: usize,
    missing: u64,
    misfits: u64,
    failure: Option<Failure>,
}

impl Online<'_> {
    fn take(&mut self, source: SessionId, session: Result<RemoteSession, String>) {
        let rows = self.rows.get(&source).copied().unwrap_or_default();
        match session {
            Ok(session) => {
                self.show_source(&session, rows);
                if let Err(error) = self.check_rows(&session) {
                    self.failure.get_or_insert(error);
                }
            }
            Err(words) => {
                self.missing += 1;
                let of_rows = counted(rows, "row");
                let text = format!("source {source} ({of_rows}) could not be read: {words}");
                let message = of_source(Level::Warn, &one_line(&text, 500), source, rows);
                self.output.emit(&message.with("error", words));
            }
        }
    }

    fn show_source(&mut self, session: &RemoteSession, rows: u64) {
        self.shown += 1;
        let owner = session.owner_email.as_deref();
        if let (Some(owner), Some(username)) = (owner, self.username)
            && !owner.eq_ignore_ascii_case(username)
        {
            let text = format!(
                "source {}: its owner is {owner}, not {username}: look-ups need --username {owner}",
                session.id
            );
            self.output
                .emit(&Message::warn("owner", one_line(&text, 500)));
        }
        if self.shown > MAX_SHOWN {
            return;
        }
        let title = session.titles.iter().find(|title| !title.is_empty());
        let (title, of_rows) = (title.map_or("", String::as_str), counted(rows, "row"));
        let shown_owner = owner.unwrap_or("not shown");
        let mut text = format!(
            "source {} ({of_rows}): '{title}', owner {shown_owner}",
            session.id
        );
        for signer in session.signers.iter().flatten() {
            let parts = [&signer.id, &signer.email, &signer.role];
            let [id, email, role] = parts.map(|part| part.as_deref().unwrap_or_default());
            text += &format!("; signer {id} {} <{email}> {role}", signer.name);
        }
        let message = of_source(Level::Info, &one_line(&text, 2000), session.id, rows);
        self.output
            .emit(&message.with("owner", owner.unwrap_or_default()));
    }

    fn check_rows(&mut self, session: &RemoteSession) -> Result<(), Failure> {
        let (output, manifest) = (self.output, self.manifest);
        let count = &mut self.misfits;
        self.ledger.rows_of_source(session.id, |line, fields| {
            let Ok(request) = CopyRequest::from_fields(fields) else {
                return;
            };
            for problem in misfits(&request, session) {
                *count += 1;
                if *count <= MAX_LISTED {
                    let text = format!("{}: {}", manifest.cell(&problem.column), problem.text);
                    output.emit(&messages::misfit(manifest, line, &text));
                }
            }
        })?;
        Ok(())
    }

    fn end(self, sources: usize) -> Result<Exit, Failure> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        if self.misfits > MAX_LISTED {
            let text = format!("... and {} more", self.misfits - MAX_LISTED);
            self.output.emit(&Message::warn("misfit", text));
        }
        let (missing, misfits) = (self.missing, self.misfits);
        let verb = singular_or(misfits, "doesn't", "don't");
        let (asked, cells) = (
            counted(sources as u64, "source session"),
            counted(misfits, "cell"),
        );
        let text = format!(
            "{asked} looked at: {missing} could not be read; {cells} of the list {verb} match; nothing \
             was sent"
        );
        let exit = match missing + misfits {
            0 => Exit::Done,
            _ => Exit::Refused,
        };
        let message = Message::new(exit.level(), "online", text).with("sources", sources);
        self.output
            .emit(&message.with("missing", missing).with("misfits", misfits));
        Ok(exit)
    }
}

fn of_source(level: Level, text: &str, source: SessionId, rows: u64) -> Message {
    let message = Message::new(level, "source", text);
    message
        .with("source_session_id", source.to_string())
        .with("rows", rows)
}
