//! What a caller holds: the sandbox to start and the one that runs.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::server::serve;
use super::service::Service;
use super::settings::Settings;
use super::stats::Stats;
use super::tokens::encrypt;

/// How long a random salt is, within the range the vendor's samples show. (S)
const SALT_LENGTH: usize = 40;

/// Starts sandboxes.
#[derive(Debug)]
pub struct Sandbox;

/// A sandbox that serves until it is shut down or dropped.
pub struct Running {
    address: SocketAddr,
    owner: String,
    api_key: String,
    salt: String,
    service: Arc<Service>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Sandbox {
    /// Starts a sandbox; it listens already when this returns.
    ///
    /// # Errors
    /// When the settings can't work (an address that is not loopback among them), the state file
    /// can't be used, or the address is taken.
    pub fn start(settings: Settings) -> io::Result<Running> {
        settings.check()?;
        let random_salt = || {
            std::iter::repeat_with(fastrand::alphanumeric)
                .take(SALT_LENGTH)
                .collect()
        };
        let salt = settings.salt.clone().unwrap_or_else(random_salt);
        let (owner, api_key) = (settings.owner.clone(), encrypt(&settings.api_key, &salt));
        let listener = TcpListener::bind(settings.address).map_err(|error| {
            let text = format!("can't listen on {}: {error}", settings.address);
            io::Error::new(error.kind(), text)
        })?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let service = Arc::new(Service::open(settings)?);
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&service);
        let thread = std::thread::Builder::new()
            .name("sandbox".to_owned())
            .spawn(move || serve(listener, &served, stopped))?;
        Ok(Running {
            address,
            owner,
            api_key,
            salt,
            service,
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Running {
    /// The base address, up to and including `/rest`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/rest", self.address)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The e-mail address that owns every session: the username of look-ups.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The API key, already encrypted under [`Running::salt`].
    #[must_use]
    pub fn api_key(&self) -> &str {
        &self.api_key
    }

    /// The salt that goes with [`Running::api_key`].
    #[must_use]
    pub fn salt(&self) -> &str {
        &self.salt
    }

    /// What has been counted so far, the same as `GET /sandbox/stats`.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.service.stats()
    }

    /// Ends the sandbox: closes every connection and saves the state. Blocks until that is done,
    /// which takes milliseconds.
    ///
    /// # Errors
    /// When the state file can't be written.
    pub fn shutdown(mut self) -> io::Result<()> {
        self.end()
    }

    fn end(&mut self) -> io::Result<()> {
        drop(self.stop.take());
        let Some(thread) = self.thread.take() else {
            return Ok(());
        };
        thread
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the sandbox's thread panicked")))
    }
}

impl fmt::Debug for Running {
    /// Without key and salt: even a sandbox shall teach no log to show them.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Running")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Nobody is left to hear of an error; shutdown() gives it.
        let _ = self.end();
    }
}
