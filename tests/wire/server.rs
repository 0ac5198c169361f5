//! The server: a thread for each connection, a script for its copies, and the truth.

use std::collections::VecDeque;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::behaviour::{AtAccept, Behaviour, End, Framing, STRAY_408, TOKEN, copied, framed};
use crate::request::{self, Request};
use crate::truth::{Truth, transaction_id};

/// A running server. It plays its script's behaviours in the order in which copies come, and
/// serves well once the script is over.
pub struct Server {
    port: u16,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

struct Shared {
    truth: Mutex<Truth>,
    changed: Condvar,
    script: Mutex<VecDeque<Behaviour>>,
    /// What token calls are answered, before they are answered well; nothing: closed.
    tokens: Mutex<VecDeque<&'static str>>,
    /// What becomes of connections, over and over.
    at_accept: Vec<AtAccept>,
    is_over: AtomicBool,
}

impl Server {
    pub fn start(script: impl IntoIterator<Item = Behaviour>) -> Self {
        Self::with(script, &[AtAccept::Serve])
    }

    pub fn with(script: impl IntoIterator<Item = Behaviour>, at_accept: &[AtAccept]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            truth: Mutex::default(),
            changed: Condvar::new(),
            script: Mutex::new(script.into_iter().collect()),
            tokens: Mutex::default(),
            at_accept: at_accept.to_vec(),
            is_over: AtomicBool::new(false),
        });
        let of_acceptor = Arc::clone(&shared);
        let acceptor = std::thread::spawn(move || accept(&listener, &of_acceptor));
        Self {
            port,
            shared,
            acceptor: Some(acceptor),
        }
    }

    /// The next token calls are answered with these bytes, and the connection is closed.
    pub fn answer_tokens(&self, answers: impl IntoIterator<Item = &'static str>) {
        self.shared.tokens.lock().unwrap().extend(answers);
    }

    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}/rest", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn truth(&self) -> Truth {
        self.shared.truth.lock().unwrap().clone()
    }

    /// Waits until the server has made so many copies.
    #[track_caller]
    pub fn wait_for_commits(&self, count: u64) {
        let truth = self.shared.truth.lock().unwrap();
        let patience = Duration::from_secs(120);
        let waited = self
            .shared
            .changed
            .wait_timeout_while(truth, patience, |truth| truth.committed() < count);
        assert!(!waited.unwrap().1.timed_out(), "{count} copies never came");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // Wakes the acceptor, which then sees that it is over.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    while let Ok((mut stream, _)) = listener.accept() {
        if shared.is_over.load(Ordering::SeqCst) {
            return;
        }
        let number = {
            let mut truth = shared.truth.lock().unwrap();
            truth.connections += 1;
            truth.connections as usize - 1
        };
        let at_accept = shared.at_accept[number % shared.at_accept.len()];
        if let AtAccept::Close(end) = at_accept {
            // Here and not in a thread: before the client can have written anything.
            request::end(stream, end);
            continue;
        }
        if matches!(at_accept, AtAccept::Stray408 | AtAccept::Stray408ThenServe) {
            // A client that is gone already has nothing more to be told.
            let _ = stream.write_all(STRAY_408);
        }
        if at_accept == AtAccept::Silence {
            std::thread::spawn(move || request::drip(&mut stream, &[]));
        } else if at_accept != AtAccept::Stray408 {
            let shared = Arc::clone(shared);
            std::thread::spawn(move || serve(stream, &shared));
        }
    }
}

fn serve(mut stream: TcpStream, shared: &Shared) {
    stream.set_nodelay(true).expect("a socket takes NODELAY");
    loop {
        match request::first_byte(&stream) {
            None => return,
            Some(b'P') => {
                shared.truth.lock().unwrap().begun += 1;
                let next = shared.script.lock().unwrap().pop_front();
                let behaviour = next.unwrap_or(Behaviour::Good(Framing::Length));
                match copy(stream, shared, behaviour) {
                    Some(open) => stream = open,
                    None => return,
                }
            }
            // A TLS greeting, say: no HTTP, no answer.
            Some(byte) if byte != b'G' => return,
            Some(_) => {
                let Some(request) = request::read(&mut stream) else {
                    return;
                };
                let spoilt = match is_token_call(&request) {
                    true => shared.tokens.lock().unwrap().pop_front(),
                    false => None,
                };
                if let Some(bytes) = spoilt {
                    // A client that is gone has nothing more to be told.
                    let _ = stream.write_all(bytes.as_bytes());
                    return request::end(stream, End::Fin);
                }
                if stream.write_all(&read_only(&request)).is_err() {
                    return;
                }
            }
        }
    }
}

fn is_token_call(request: &Request) -> bool {
    path(request).starts_with("/rest/v1/gettoken/")
}

fn path(request: &Request) -> &str {
    request.head.split(' ').nth(1).expect("a request line")
}

/// GetToken, and GetSession of any session.
fn read_only(request: &Request) -> Vec<u8> {
    if is_token_call(request) {
        return framed(TOKEN, Framing::Length);
    }
    let path = path(request);
    let id = path.rsplit('/').next().expect("a path has an end");
    let session = format!(r#"{{"SigningSessionId":"{id}","Title":"Lease"}}"#);
    let body = copied(id).replace("\"Session\":[]", &format!("\"Sessions\":[{session}]"));
    framed(&body, Framing::Length)
}

/// Plays a behaviour; returns the connection if it goes on.
fn copy(mut stream: TcpStream, shared: &Shared, behaviour: Behaviour) -> Option<TcpStream> {
    match behaviour {
        Behaviour::Unread(end) => {
            request::end(stream, end);
            return None;
        }
        Behaviour::ReadSome(count, end) => {
            request::read_some(&mut stream, count);
            request::end(stream, end);
            return None;
        }
        _ => {}
    }
    let request = request::read(&mut stream)?;
    let id = {
        let mut truth = shared.truth.lock().unwrap();
        truth.read += 1;
        truth.bodies.push(request.body.clone());
        truth.read_at.push(Instant::now());
        if let Behaviour::ReadAll(end) = behaviour {
            drop(truth);
            request::end(stream, end);
            return None;
        }
        if let Behaviour::Refuses(bytes) = behaviour {
            drop(truth);
            let _ = stream.write_all(bytes.as_bytes());
            return Some(stream);
        }
        let transaction_id = transaction_id(&request.body);
        let id = truth.commit(&transaction_id, &request.body);
        if behaviour.delivers() {
            truth.whole.insert(transaction_id, id.clone());
        }
        id
    };
    shared.changed.notify_all();
    answer(stream, behaviour, &behaviour.answer(&id))
}

/// Sends the answer of a committed copy.
fn answer(mut stream: TcpStream, behaviour: Behaviour, bytes: &[u8]) -> Option<TcpStream> {
    let ends = match behaviour {
        Behaviour::Committed(end) => {
            request::end(stream, end);
            return None;
        }
        Behaviour::Hang => {
            request::drip(&mut stream, &[]);
            return None;
        }
        Behaviour::Slow => {
            request::drip(&mut stream, bytes);
            return None;
        }
        Behaviour::Good(Framing::Close) | Behaviour::LongBody(Framing::Close) => Some(End::Fin),
        Behaviour::Cut(_, _, end) | Behaviour::GoodThenEnd(end) => Some(end),
        Behaviour::Garbage | Behaviour::TwoLengths | Behaviour::LongHead => Some(End::Fin),
        Behaviour::GoodThen408(_) | Behaviour::Says(_, true) => Some(End::Fin),
        _ => None,
    };
    // A client that gave up in the middle shows when the next request is waited for.
    let _ = stream.write_all(bytes);
    if let Behaviour::GoodThen408(idle) = behaviour {
        // The server's idle timer, which is what is played here.
        std::thread::sleep(Duration::from_micros(idle));
        let _ = stream.write_all(STRAY_408);
    }
    match ends {
        Some(end) => {
            request::end(stream, end);
            None
        }
        None => Some(stream),
    }
}
