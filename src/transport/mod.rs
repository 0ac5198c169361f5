//! reqwest behind the executor's [`Transport`]: no redirects, no hidden retries, no proxy by
//! accident, a bounded body. Two clients: a hardened one for the copy, which must never be sent
//! twice, and a pooled one for reads, which may be repeated.

mod failure;

use std::path::PathBuf;
use std::time::Duration;

use reqwest::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderValue, RETRY_AFTER,
    TRANSFER_ENCODING,
};
use reqwest::{
    Certificate, Client, ClientBuilder, Proxy, Response, StatusCode, Url, redirect, retry,
};
use secrecy::{ExposeSecret, SecretString};

use crate::executor::Transport;
use crate::request::assumptions::ANSWER_LIMIT_BYTES;
use crate::request::{Answer, Body, Exchange, Failure, HttpRequest, Operation};
use crate::support::without_byte_order_mark;

/// An idle connection is dropped long before a server would: a reused one that dies at the
/// wrong moment costs a look-up, and can even hand us somebody else's answer.
const IDLE: Duration = Duration::from_secs(5);

/// How to reach the service.
#[derive(Debug, Clone)]
pub struct TransportSettings {
    /// The base URL, without a slash at its end.
    pub base: Url,
    /// One request in all.
    pub timeout: Duration,
    /// DNS, TCP and TLS together.
    pub connect_timeout: Duration,
    /// A new connection for every copy.
    pub fresh_connections: bool,
    /// The proxy, if one was asked for. A password may stand in it.
    pub proxy: Option<SecretString>,
    /// A PEM file with certificates to trust beside the system's.
    pub ca_file: Option<PathBuf>,
}

/// A setting that no client can be built with.
#[derive(Debug, thiserror::Error)]
#[error("{flag}: {reason}")]
pub struct InvalidSetting {
    flag: &'static str,
    reason: String,
}

/// The way to the service over HTTP/1.1.
#[derive(Clone)]
pub struct HttpTransport {
    base: String,
    sender: Client,
    reader: Client,
}

impl HttpTransport {
    /// Builds both clients. Nothing is connected yet.
    ///
    /// # Errors
    /// When the proxy's URL or the certificates can't be used.
    pub fn new(settings: &TransportSettings) -> Result<Self, InvalidSetting> {
        // reqwest asks for the process's cryptography. Whoever chose one before has chosen.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let sender = builder(settings)?;
        let sender = if settings.fresh_connections {
            sender.pool_max_idle_per_host(0)
        } else {
            sender
        };
        Ok(Self {
            base: settings.base.as_str().trim_end_matches('/').to_owned(),
            sender: build(sender)?,
            reader: build(builder(settings)?)?,
        })
    }
}

fn builder(settings: &TransportSettings) -> Result<ClientBuilder, InvalidSetting> {
    let mut builder = Client::builder()
        .user_agent(concat!("esign-copy/", env!("CARGO_PKG_VERSION")))
        .http1_only()
        .retry(retry::never())
        .redirect(redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .pool_idle_timeout(IDLE)
        .connect_timeout(settings.connect_timeout)
        .timeout(settings.timeout);
    if let Some(proxy) = &settings.proxy {
        let proxy = Proxy::all(proxy.expose_secret())
            .map_err(|error| invalid("--proxy", &error.without_url()))?;
        builder = builder.proxy(proxy);
    }
    if let Some(path) = &settings.ca_file {
        let pem = fs_err::read(path).map_err(|error| invalid("--ca-file", &error))?;
        let pem = without_byte_order_mark(pem);
        let certificates =
            Certificate::from_pem_bundle(&pem).map_err(|error| invalid("--ca-file", &error))?;
        if certificates.is_empty() {
            let reason = format!("{} has no PEM certificate in it", path.display());
            return Err(InvalidSetting {
                flag: "--ca-file",
                reason,
            });
        }
        builder = builder.tls_certs_merge(certificates);
    }
    Ok(builder)
}

fn build(builder: ClientBuilder) -> Result<Client, InvalidSetting> {
    builder
        .build()
        .map_err(|error| invalid("the HTTP client", &error.without_url()))
}

fn invalid(flag: &'static str, error: &dyn std::error::Error) -> InvalidSetting {
    InvalidSetting {
        flag,
        reason: failure::told(error),
    }
}

impl Transport for HttpTransport {
    async fn send(&self, request: HttpRequest) -> Exchange {
        let url = format!("{}{}", self.base, request.path.expose_secret());
        let mut authorization = HeaderValue::from_str(request.authorization.expose_secret())
            .map_err(|_| {
                Failure::NeverWritten(
                    "the credential has characters that a header can't carry".into(),
                )
            })?;
        authorization.set_sensitive(true);
        let builder = match request.operation {
            Operation::Copy => self.sender.post(url).body(request.body),
            Operation::Token | Operation::LookUp | Operation::Read => self.reader.get(url),
        };
        let sent = builder
            .header(AUTHORIZATION, authorization)
            .header(CONTENT_TYPE, "application/json")
            .send()
            .await;
        match sent {
            Ok(response) => Ok(answer(response).await),
            Err(error) => Err(failure::of(error)),
        }
    }
}

async fn answer(mut response: Response) -> Answer {
    // More than one line of a header is a list; what is no text is still there.
    let header = |name| {
        let values = response.headers().get_all(name).iter();
        let texts = values.map(|value| String::from_utf8_lossy(value.as_bytes()));
        texts.reduce(|all, one| format!("{all}, {one}").into())
    };
    let retry_after = header(RETRY_AFTER).map(String::from);
    let date = header(DATE).map(String::from);
    let status = response.status().as_u16();
    Answer {
        status,
        retry_after,
        date,
        body: body(&mut response).await,
    }
}

/// Reads the body as it comes: how long it says it is proves nothing, but that it says so does
/// prove that nothing is missing at its end.
async fn body(response: &mut Response) -> Body {
    let headers = response.headers();
    if headers
        .get(CONTENT_ENCODING)
        .is_some_and(|encoding| encoding != "identity")
    {
        return Body::Cut("it is compressed, although the request did not ask for that".into());
    }
    let has_end = response.status() == StatusCode::NO_CONTENT
        || headers.contains_key(CONTENT_LENGTH)
        || headers.contains_key(TRANSFER_ENCODING);
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(None) if has_end => return Body::Whole(bytes),
            Ok(None) => return Body::Open(bytes),
            Ok(Some(chunk)) if bytes.len() + chunk.len() > ANSWER_LIMIT_BYTES => {
                return Body::TooLong;
            }
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Err(error) => return Body::Cut(failure::told(&error.without_url())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_s_password_is_no_debug_output() {
        let settings = TransportSettings {
            base: "https://api.example.com/rest".parse().unwrap(),
            timeout: Duration::from_secs(9),
            connect_timeout: Duration::from_secs(1),
            fresh_connections: false,
            proxy: Some("http://me:hunter2@proxy.example.com:8080".into()),
            ca_file: None,
        };
        let shown = format!("{settings:?}");
        assert!(shown.contains("api.example.com") && !shown.contains("hunter2"));
        assert!(
            HttpTransport::new(&settings).is_ok(),
            "it is used all the same"
        );
    }
}
