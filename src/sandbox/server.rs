//! The listening side: a thread of its own with a runtime of its own, so that the sandbox and
//! the client under test never wait for each other's tasks.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING};
use hyper::http::uri::Authority;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::MissedTickBehavior;

use super::settings::Settings;
use super::wire::answer::Answer;
use super::wire::path::without_secrets;
use super::wire::payload::{Hangup, Payload, respond};
use super::wire::routes::Route;
use super::wire::spoil::{Plan, Reply, Wait};
use super::world::{Call, World};

/// The largest body read: twice WCF's default. (W)
const LARGEST_BODY: usize = 128 * 1024;

/// How often new sessions are appended to the state file.
const SAVE_EVERY: Duration = Duration::from_millis(200);

/// How long a hanging answer hangs at most.
const LONGEST_HANG: Duration = Duration::from_secs(600);

type Ready = oneshot::Sender<io::Result<(SocketAddr, Arc<World>)>>;

/// Serves until `stopped`; tells through `ready` once it listens, or why it can't.
pub(super) fn run(
    settings: Settings,
    ready: Ready,
    stopped: oneshot::Receiver<()>,
) -> io::Result<()> {
    let address = settings.address;
    let open = || {
        let world = Arc::new(World::open(settings)?);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let listener = runtime
            .block_on(TcpListener::bind(address))
            .map_err(|error| {
                io::Error::new(error.kind(), format!("can't listen on {address}: {error}"))
            })?;
        Ok((listener.local_addr()?, world, runtime, listener))
    };
    let (address, world, runtime, listener) = match open() {
        Ok(opened) => opened,
        Err(error) => {
            // Whoever started it has gone if this fails.
            let _ = ready.send(Err(error));
            return Ok(());
        }
    };
    if ready.send(Ok((address, Arc::clone(&world)))).is_err() {
        return Ok(());
    }
    runtime.block_on(accept(&listener, &world, stopped));
    // Connections end with their runtime; what they committed is in the world.
    drop(runtime);
    world.save()
}

async fn accept(listener: &TcpListener, world: &Arc<World>, mut stopped: oneshot::Receiver<()>) {
    let mut saves = tokio::time::interval(SAVE_EVERY);
    saves.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = &mut stopped => return,
            // A full disk may have room again at the next tick; shutdown tells what is left.
            _ = saves.tick() => drop(world.save()),
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    tokio::spawn(connection(stream, Arc::clone(world)));
                }
                // Out of descriptors: wait until some are free again.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            },
        }
    }
}

async fn connection(stream: TcpStream, world: Arc<World>) {
    // Without it small answers wait for acknowledgements; it fails on dead sockets only.
    let _ = stream.set_nodelay(true);
    let service = hyper::service::service_fn(|request| serve(Arc::clone(&world), request));
    let served = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
    // Clients that leave and connections closed on purpose end in errors; both are expected.
    drop(served);
}

async fn serve(world: Arc<World>, request: Request<Incoming>) -> Result<Response<Payload>, Hangup> {
    let (head, body) = request.into_parts();
    if !is_for_this_machine(&head) {
        return respond(Reply::Whole(Answer::html(403)));
    }
    let (path, query) = (head.uri.path(), head.uri.query().unwrap_or_default());
    let route = Route::parse(head.method.as_str(), path, query);
    let number = world.begin(&route, head.method.clone(), without_secrets(path));
    let plan = match read_body(&head, body, &route).await? {
        Ok(body) => {
            let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
            let content_type = text(CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
            world.answer(&Call {
                route: &route,
                authorization: text(AUTHORIZATION).map(str::trim),
                is_json: content_type.starts_with("application/json"),
                body: &body,
            })
        }
        Err(status) => Plan::honest(Answer::html(status)),
    };
    carry_out(&world, number, plan).await
}

/// Whether the request names this machine as itself. A page in a browser may reach it by another name, and
/// would then read what the sandbox answers.
fn is_for_this_machine(head: &hyper::http::request::Parts) -> bool {
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
    head: &hyper::http::request::Parts,
    body: Incoming,
    route: &Route,
) -> Result<Result<Vec<u8>, u16>, Hangup> {
    let sized = [CONTENT_LENGTH, TRANSFER_ENCODING];
    // IIS demands a Content-Length even where there is no body. (W)
    if head.method == Method::PUT && !sized.iter().any(|name| head.headers.contains_key(name)) {
        return Ok(Err(411));
    }
    if *route != Route::Copy {
        return Ok(Ok(Vec::new()));
    }
    match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(collected) => Ok(Ok(collected.to_bytes().into())),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Ok(Err(413)),
        // The client left in the middle of its request.
        Err(_) => Err(Hangup),
    }
}

async fn carry_out(
    world: &Arc<World>,
    number: u64,
    plan: Plan,
) -> Result<Response<Payload>, Hangup> {
    let Plan {
        wait,
        reply,
        late,
        fault,
    } = plan;
    world.finish(number, None, fault);
    if let Some((delay, session)) = late {
        let world = Arc::clone(world);
        let mut session = session;
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            world.commit_late(&mut session);
        });
    }
    let wait = match wait {
        Wait::For(duration) => duration,
        Wait::Forever => LONGEST_HANG,
    };
    if wait > Duration::ZERO {
        tokio::time::sleep(wait).await;
    }
    if let Reply::Whole(answer) | Reply::Half(answer) = &reply {
        world.finish(number, Some(answer.status), fault);
    }
    respond(reply)
}
