//! The service of a command: the real one, or for a rehearsal the sandbox.

use std::io;

use futures::executor::block_on;

use crate::cli::args::{ServiceArgs, WorkArgs};
use crate::cli::commands::sandbox::with_faults;
use crate::cli::context::Context;
use crate::cli::credentials;
use crate::cli::endpoint::Endpoint;
use crate::cli::exit::Failure;
use crate::cli::output::Output;
use crate::cli::settings::{WorkSettings, transport_settings};
use crate::executor::Credentials;
use crate::sandbox::{Running, Sandbox, Settings};
use crate::transport::HttpTransport;

/// The service of a run, ready to be called.
pub struct Service {
    transport: HttpTransport,
    credentials: Credentials,
    /// Serves as long as it is held.
    sandbox: Option<Running>,
}

impl Service {
    /// Reads the credentials and builds the client; for a rehearsal, starts the sandbox, which
    /// brings its own, and its owner where none is named.
    ///
    /// # Errors
    /// Wrong usage.
    pub fn resolve(
        args: &WorkArgs,
        settings: &mut WorkSettings,
        context: &Context,
        output: &Output,
    ) -> Result<Self, Failure> {
        let faults = &args.faults;
        if !faults.is_empty() && settings.endpoint != Endpoint::Sandbox {
            return Err(Failure::usage(
                "--fault and --fault-script make only the sandbox misbehave; say --endpoint sandbox",
            ));
        }
        let sandbox = with_faults(faults)?;
        let fresh = args.fresh_connections;
        let service = Self::connect(
            &settings.endpoint,
            &args.service,
            fresh,
            sandbox,
            context,
            output,
        )?;
        if let Some(sandbox) = &service.sandbox {
            settings.set_owner(sandbox.owner());
        }
        Ok(service)
    }

    fn connect(
        endpoint: &Endpoint,
        args: &ServiceArgs,
        fresh_connections: bool,
        settings: Settings,
        context: &Context,
        output: &Output,
    ) -> Result<Self, Failure> {
        let (base, credentials, sandbox) = match endpoint.base() {
            Some(base) => {
                let credentials = credentials::read(context)?;
                credentials::warn_of_open_files(context, output);
                (base, credentials, None)
            }
            None => {
                let sandbox = block_on(Sandbox::start(settings)).map_err(Failure::usage)?;
                let credentials = Credentials::Key {
                    encrypted: sandbox.api_key().to_owned().into(),
                    salt: sandbox.salt().to_owned().into(),
                };
                let base = sandbox.base_url().parse().map_err(io::Error::other)?;
                (base, credentials, Some(sandbox))
            }
        };
        let is_sandbox = sandbox.is_some();
        let transport = transport_settings(args, base, is_sandbox, fresh_connections, context)?;
        let transport = HttpTransport::new(&transport).map_err(Failure::usage)?;
        Ok(Self {
            transport,
            credentials,
            sandbox,
        })
    }

    /// A service that is only read from.
    ///
    /// # Errors
    /// Wrong usage.
    pub fn to_read(
        endpoint: &Endpoint,
        args: &ServiceArgs,
        context: &Context,
        output: &Output,
    ) -> Result<Self, Failure> {
        Self::connect(endpoint, args, false, Settings::default(), context, output)
    }

    /// What an executor needs of it.
    pub fn client(&self) -> (HttpTransport, Credentials) {
        (self.transport.clone(), self.credentials.clone())
    }
}
