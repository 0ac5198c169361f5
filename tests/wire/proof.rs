//! The proof that a request was given up unwritten, seen through the whole client: if reqwest and
//! the hyper that is asked ever part ways, the proof is silently gone and this fails.

use std::future::Future;
use std::io::Write;
use std::net::TcpListener;
use std::sync::mpsc;

use esign_copy::executor::Transport;
use esign_copy::request::{Exchange, Failure, HttpRequest, Operation};
use esign_copy::transport::{HttpTransport, TransportSettings};

use crate::behaviour::STRAY_408;
use crate::request;

/// A transport that knows no other server than the one at this base.
fn transport(base: &str) -> HttpTransport {
    let settings = TransportSettings {
        base: base.parse().unwrap(),
        timeout: std::time::Duration::from_secs(10),
        connect_timeout: std::time::Duration::from_secs(5),
        fresh_connections: true,
        proxy: None,
        ca_file: None,
    };
    HttpTransport::new(&settings).unwrap()
}

/// Sends a copy over a connection on which the server speaks first: when the client has been
/// polled so many times. Returns what came of it, and the first byte that arrived.
///
/// The client stands still while the server speaks, and looks at the network before anything else
/// runs. So at one of its polls the request waits in hyper's queue, and hyper finds the
/// connection spoilt before it takes the request out.
fn spoilt_after(polls: usize) -> (Exchange, Option<u8>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let transport = transport(&format!("http://{}/rest", listener.local_addr().unwrap()));
    let (speak, is_asked) = mpsc::channel();
    let (spoken, has_spoken) = mpsc::channel();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // Fewer polls than asked for: the request went through, and nobody waits for a word.
        if is_asked.recv().is_ok() {
            stream.write_all(STRAY_408).unwrap();
            spoken.send(()).unwrap();
        }
        request::first_byte(&stream)
    });
    let request = HttpRequest {
        operation: Operation::Copy,
        path: "/v1/sessions/copy".to_owned().into(),
        authorization: "token".to_owned().into(),
        body: b"{}".to_vec(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .event_interval(1)
        .build()
        .unwrap();
    // A task and not the runtime's root, which would be followed by a task without a look at
    // the network.
    let sending = runtime.spawn(async move {
        let mut sending = Box::pin(transport.send(request));
        let mut count = 0;
        let mut speak = Some(speak);
        let exchange = std::future::poll_fn(move |context| {
            let polled = sending.as_mut().poll(context);
            count += 1;
            if polled.is_pending() && count == polls {
                speak.take().unwrap().send(()).unwrap();
                has_spoken.recv().unwrap();
            }
            polled
        });
        exchange.await
    });
    let exchange = runtime.block_on(sending).unwrap();
    drop(runtime);
    (exchange, server.join().unwrap())
}

#[test]
fn a_request_that_hyper_gave_up_unwritten_is_known_as_not_sent() {
    let mut seen = Vec::new();
    for polls in 1..6 {
        let (exchange, arrived) = spoilt_after(polls);
        if matches!(exchange, Err(Failure::NeverWritten(_))) {
            assert_eq!(arrived, None, "{exchange:?}");
            return;
        }
        seen.push(exchange.map(|answer| answer.status));
    }
    panic!("the proof was never seen: {seen:?}");
}
