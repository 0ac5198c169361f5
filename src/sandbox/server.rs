//! The listening side: a thread of its own with a runtime of its own, so that the sandbox and
//! the client under test never wait for each other's tasks.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::http::uri::Authority;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::MissedTickBehavior;

use super::service::{Call, Service};
use super::wire::answer::page;
use super::wire::fault_effects::{Plan, Reply};
use super::wire::response::{Hangup, Payload, respond};
use super::wire::routes::{Operation, find, without_secrets};

/// The largest body read: twice WCF's default. (W)
const LARGEST_BODY: usize = 128 * 1024;

/// How often new sessions are appended to the state file.
const SAVE_EVERY: Duration = Duration::from_millis(200);

/// Serves until `stopped`, then saves the state.
pub(super) fn serve(
    listener: std::net::TcpListener,
    service: &Arc<Service>,
    stopped: oneshot::Receiver<()>,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        accept(&TcpListener::from_std(listener)?, service, stopped).await;
        io::Result::Ok(())
    })?;
    // Connections end with their runtime; what they committed is in the service.
    drop(runtime);
    service.save()
}

async fn accept(
    listener: &TcpListener,
    service: &Arc<Service>,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut saves = tokio::time::interval(SAVE_EVERY);
    saves.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = &mut stopped => return,
            // A full disk may have room again at the next tick; shutdown says what is left.
            _ = saves.tick() => drop(service.save()),
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    tokio::spawn(connection(stream, Arc::clone(service)));
                }
                // Out of descriptors: wait until some are free again.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            },
        }
    }
}

async fn connection(stream: TcpStream, service: Arc<Service>) {
    // Without it small answers wait for acknowledgements; it fails on dead sockets only.
    let _ = stream.set_nodelay(true);
    let handler = hyper::service::service_fn(|request| answer(Arc::clone(&service), request));
    let served = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), handler)
        .await;
    // Clients that leave and connections closed on purpose end in errors; both are expected.
    drop(served);
}

async fn answer(
    service: Arc<Service>,
    request: Request<Incoming>,
) -> Result<Response<Payload>, Hangup> {
    let (head, body) = request.into_parts();
    if !is_for_this_machine(&head) {
        return respond(Reply::Whole(page(403)));
    }
    let (method, path) = (head.method.as_str(), head.uri.path());
    let found = find(method, path);
    let operation = found.as_ref().ok().map(|(operation, _)| *operation);
    let name = operation.map_or("refused", Operation::name);
    let number = if operation.is_none_or(Operation::is_service) {
        service.begin(name, method, without_secrets(path))
    } else {
        0
    };
    let body = read_body(&head, body, operation).await?;
    let plan = match found.and_then(|(operation, values)| Ok((operation, values, body?))) {
        Ok((operation, values, body)) => {
            let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
            let content_type = text(CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
            service.answer(&Call {
                operation,
                values: &values,
                query: head.uri.query().unwrap_or_default(),
                authorization: text(AUTHORIZATION).map(str::trim),
                is_json: content_type.starts_with("application/json"),
                body: &body,
            })
        }
        Err(status) => Plan::honest(page(status)),
    };
    carry_out(&service, number, plan).await
}

/// Whether the request names this machine as itself. A page in a browser may reach it by another name, and
/// would then read what the sandbox answers.
fn is_for_this_machine(head: &Parts) -> bool {
    let headers = head.headers.get_all(HOST).iter();
    let headers: Vec<&str> = headers
        .map(|host| host.to_str().unwrap_or_default())
        .collect();
    let mut named = headers
        .iter()
        .copied()
        .chain(head.uri.authority().map(Authority::as_str));
    headers.len() == 1 && named.all(is_this_machine)
}

fn is_this_machine(named: &str) -> bool {
    let Ok(authority) = named.parse::<Authority>() else {
        return false;
    };
    let host = authority.host().trim_matches(['[', ']']);
    let address = host.parse::<IpAddr>();
    let is_local = host.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|address| address.is_loopback());
    is_local && !named.contains('@')
}

/// The body of a call that has one; the inner error is the status to answer with.
async fn read_body(
    head: &Parts,
    body: Incoming,
    operation: Option<Operation>,
) -> Result<Result<Bytes, u16>, Hangup> {
    let sized = [CONTENT_LENGTH, TRANSFER_ENCODING];
    // IIS demands a Content-Length even where there is no body. (W)
    if head.method == Method::PUT && !sized.iter().any(|name| head.headers.contains_key(name)) {
        return Ok(Err(411));
    }
    if operation != Some(Operation::CopySigningSession) {
        return Ok(Ok(Bytes::new()));
    }
    match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(collected) => Ok(Ok(collected.to_bytes())),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Ok(Err(413)),
        // The client left in the middle of its request.
        Err(_) => Err(Hangup),
    }
}

async fn carry_out(
    service: &Arc<Service>,
    number: u64,
    plan: Plan,
) -> Result<Response<Payload>, Hangup> {
    service.finish(number, None, plan.fault);
    if let Some((delay, mut session)) = plan.late {
        let service = Arc::clone(service);
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            service.commit_late(&mut session);
        });
    }
    if plan.wait > Duration::ZERO {
        tokio::time::sleep(plan.wait).await;
    }
    if let Reply::Whole(answer) | Reply::Half(answer) = &plan.reply {
        service.finish(number, Some(answer.status().as_u16()), plan.fault);
    }
    respond(plan.reply)
}
