//! Stage and production as a proxy on loopback has them: encrypted, under their own names, and answered by the sandbox.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{HOST, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A certificate for both hosts, trusted by nobody who is not told to.
pub const CERTIFICATE: &str = include_str!("certificate.pem");
const KEY: &str = include_str!("key.pem");
/// The only hosts to which a connection is asked for.
const HOSTS: [&str; 2] = ["api.stage.esignonline.net:443", "api.esignonline.net:443"];

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Starts a proxy that leads to the sandbox at the address, for as long as the tests run.
pub fn proxy_to(sandbox: SocketAddr) -> SocketAddr {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(serve(listener, sandbox));
    });
    address
}

async fn serve(listener: std::net::TcpListener, sandbox: SocketAddr) {
    let listener = TcpListener::from_std(listener).unwrap();
    let chain = vec![CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    while let Ok((stream, _)) = listener.accept().await {
        let acceptor = acceptor.clone();
        // A connection that breaks is what clients do when they end.
        tokio::spawn(async move { relay(stream, acceptor, sandbox).await });
    }
}

/// One connection: the proxy's request, the handshake, and all requests on it.
async fn relay(
    mut stream: TcpStream,
    acceptor: TlsAcceptor,
    sandbox: SocketAddr,
) -> Result<(), Failure> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head)?;
    let host = head.split(' ').nth(1).unwrap_or_default();
    assert!(
        head.starts_with("CONNECT ") && HOSTS.contains(&host),
        "{head}"
    );
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
    let stream = TokioIo::new(acceptor.accept(stream).await?);
    let service = service_fn(move |request| forward(request, sandbox));
    let server = hyper::server::conn::http1::Builder::new();
    Ok(server.serve_connection(stream, service).await?)
}

/// One request, under the sandbox's own name: it answers to no other.
async fn forward(
    mut request: Request<Incoming>,
    sandbox: SocketAddr,
) -> Result<Response<Incoming>, Failure> {
    let host = HeaderValue::from_str(&sandbox.to_string())?;
    request.headers_mut().insert(HOST, host);
    let stream = TokioIo::new(TcpStream::connect(sandbox).await?);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await?;
    tokio::spawn(connection);
    Ok(sender.send_request(request).await?)
}
