//! `init --online`: the signers and roles of the session to copy.

use futures::stream;

use crate::cli::commands::shared::{Service, block_on};
use crate::cli::exit::stopped;
use crate::cli::settings::ServiceSettings;
use crate::cli::{CommandContext, Endpoint, Exit, Failure};
use crate::executor::read_sources;
use crate::job::SessionId;
use crate::manifest::{SourceSession, SourceSigner};
use crate::request::{RemoteSession, RemoteSigner};
use crate::support::one_line;

/// Asks the service for a session.
///
/// # Errors
/// Wrong usage, a stop, or a session that can't be read.
pub fn read_source(
    id: SessionId,
    endpoint: &Endpoint,
    settings: &ServiceSettings,
    command: CommandContext<'_>,
) -> Result<SourceSession, Failure> {
    let service = Service::connect(endpoint, settings, command)?;
    let (transport, credentials) = service.client();
    let mut found = None;
    let take = |_, session| found = Some(session);
    let ids = stream::iter([id]);
    let read = read_sources(transport, credentials, &settings.client, ids, take);
    if let Err(stop) = block_on(read)? {
        return Err(Failure::new(Exit::of_stop(&stop), stopped(&stop)));
    }
    match found {
        Some(Ok(session)) => Ok(source_session(id, session)),
        Some(Err(words)) => {
            let text = format!("source {id} could not be read: {words}");
            Err(Failure::refused(one_line(&text, 500)))
        }
        None => Err(Failure::internal(format!("source {id} was not read"))),
    }
}

fn source_session(id: SessionId, session: RemoteSession) -> SourceSession {
    let title = session.titles.into_iter().find(|title| !title.is_empty());
    let signers = session.signers.unwrap_or_default().into_iter();
    SourceSession {
        id,
        title: title.unwrap_or_default(),
        signers: signers.map(source_signer).collect(),
    }
}

fn source_signer(signer: RemoteSigner) -> SourceSigner {
    SourceSigner {
        id: signer.id.unwrap_or_default(),
        role: signer.role.unwrap_or_default(),
        name: signer.name,
        email: signer.email.unwrap_or_default(),
    }
}
