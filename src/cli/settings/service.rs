//! How a command reaches the service.

use secrecy::ExposeSecret;
use url::Url;

use crate::cli::args::{FaultArgs, ServiceArgs};
use crate::cli::{Environment, Failure};
use crate::executor::ClientSettings;
use crate::job::is_email;
use crate::sandbox::{self, Script};
use crate::transport::TransportSettings;

/// The way to the service, or to a rehearsal's sandbox.
pub struct ServiceSettings {
    /// How often it is called, and for whom.
    pub client: ClientSettings,
    /// How a rehearsal's sandbox behaves.
    pub sandbox: sandbox::Settings,
    /// Whether each copy takes a new connection.
    pub fresh_connections: bool,
    /// Whether the proxy is on the command line, where everybody can read it.
    is_proxy_typed: bool,
    args: ServiceArgs,
}

impl ServiceSettings {
    /// # Errors
    /// Wrong usage: a username that is no e-mail address.
    pub(super) fn from_args(args: ServiceArgs, environment: &Environment) -> Result<Self, Failure> {
        Ok(Self {
            client: client_settings(&args)?,
            sandbox: sandbox::Settings::default(),
            fresh_connections: false,
            is_proxy_typed: environment.typed_value("--proxy").is_some(),
            args,
        })
    }

    /// The client's settings for a base URL. A rehearsal stays on this machine, and has no proxy.
    ///
    /// # Errors
    /// Wrong usage: a proxy that is none, or a password where everybody can read it.
    pub fn transport(&self, base: Url, is_sandbox: bool) -> Result<TransportSettings, Failure> {
        let ServiceArgs {
            timeout, ca_file, ..
        } = &self.args;
        let proxy = self.args.proxy.clone().filter(|_| !is_sandbox);
        if let Some(proxy) = &proxy {
            check_proxy(proxy.expose_secret(), &base, self.is_proxy_typed)?;
        }
        Ok(TransportSettings {
            base,
            timeout: *timeout,
            // Only the connect timeout proves that nothing left; it must fire first.
            connect_timeout: self.args.connect_timeout.min(timeout.mul_f64(0.8)),
            fresh_connections: self.fresh_connections,
            proxy,
            ca_file: ca_file.clone(),
        })
    }
}

fn client_settings(args: &ServiceArgs) -> Result<ClientSettings, Failure> {
    let username = args.username.as_deref().map(str::trim);
    if let Some(username) = username.filter(|username| !is_email(username)) {
        let text = format!("--username: '{username}' is not an e-mail address");
        return Err(Failure::usage(text));
    }
    Ok(ClientSettings {
        rate: args.rate,
        concurrency: usize::from(args.concurrency),
        max_pause: args.max_pause,
        token_reuse: args.token_reuse,
        username: username.map(str::to_owned),
    })
}

/// A proxy sees the whole of a request that is not encrypted: names, addresses and credentials. So there
/// is none for an `http://` endpoint.
fn check_proxy(proxy: &str, base: &Url, is_typed: bool) -> Result<(), Failure> {
    let proxy = Url::parse(proxy).ok().filter(is_proxy);
    let proxy = proxy.ok_or_else(|| {
        Failure::usage("--proxy: write it as http://HOST:PORT or https://HOST:PORT")
    })?;
    if base.scheme() == "http" {
        return Err(Failure::usage(
            "--proxy: with an http:// endpoint the proxy would read the credentials and the whole list; \
             leave --proxy out (ESIGN_COPY_PROXY too), or use an https:// endpoint",
        ));
    }
    let has_secret = !proxy.username().is_empty() || proxy.password().is_some();
    if has_secret && is_typed {
        return Err(Failure::usage(
            "--proxy: a user name or password on the command line can be read by everybody on this \
             machine; set ESIGN_COPY_PROXY instead",
        ));
    }
    Ok(())
}

/// Of other kinds, the client would take no notice.
fn is_proxy(url: &Url) -> bool {
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    matches!(url.scheme(), "http" | "https") && url.has_host() && is_bare
}

/// An honest sandbox with the faults that were asked for.
///
/// # Errors
/// Wrong usage: a script that can't be read.
pub(super) fn with_faults(args: FaultArgs) -> Result<sandbox::Settings, Failure> {
    let script = args.fault_script.as_deref().map(Script::read).transpose();
    Ok(sandbox::Settings {
        script: script
            .map_err(|error| Failure::usage(format!("--fault-script: {error}")))?
            .unwrap_or_default(),
        rates: args.fault,
        seed: args.fault_seed,
        ..sandbox::Settings::default()
    })
}
