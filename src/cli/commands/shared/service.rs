//! The service of a command: the real one, or for a rehearsal the sandbox.

use std::io;

use crate::cli::credentials;
use crate::cli::settings::ServiceSettings;
use crate::cli::{CommandContext, Endpoint, Failure};
use crate::executor::Credentials;
use crate::sandbox::{Running, Sandbox};
use crate::transport::HttpTransport;

/// A service, ready to be called.
pub struct Service {
    transport: HttpTransport,
    credentials: Credentials,
    /// Serves as long as it is held.
    _sandbox: Option<Running>,
}

impl Service {
    /// Reads the credentials and builds the client; for a rehearsal, starts the sandbox, which
    /// brings its own.
    ///
    /// # Errors
    /// Wrong usage.
    pub fn connect(
        endpoint: &Endpoint,
        settings: &ServiceSettings,
        command: CommandContext<'_>,
    ) -> Result<Self, Failure> {
        let (base, credentials, sandbox) = match endpoint.base() {
            Some(base) => {
                let credentials = credentials::read(command.environment)?;
                credentials::warn_of_open_files(command.environment, command.output);
                (base, credentials, None)
            }
            None => {
                let sandbox = Sandbox::start(settings.sandbox.clone());
                let sandbox = sandbox.map_err(Failure::usage)?;
                let credentials = Credentials::Key {
                    encrypted: sandbox.api_key().to_owned().into(),
                    salt: sandbox.salt().to_owned().into(),
                };
                let base = sandbox.base_url().parse().map_err(io::Error::other)?;
                (base, credentials, Some(sandbox))
            }
        };
        let transport = settings.transport(base, sandbox.is_some())?;
        Ok(Self {
            transport: HttpTransport::new(&transport).map_err(Failure::usage)?,
            credentials,
            _sandbox: sandbox,
        })
    }

    /// What an executor needs of it.
    pub fn client(&self) -> (HttpTransport, Credentials) {
        (self.transport.clone(), self.credentials.clone())
    }
}
