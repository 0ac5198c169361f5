//! Connections that die, or speak, before or between requests.

use std::net::TcpListener;

use crate::behaviour::{AtAccept, Behaviour, End, Framing};
use crate::job::Job;
use crate::judge::judge;
use crate::rounds;
use crate::server::Server;
use crate::truth::Truth;

/// A good answer, and then something that no client asked for. The next request on the
/// connection meets it, or meets a closed connection, or a new one: never another row's copy.
#[test]
fn what_comes_after_an_answer_is_nobody_s() {
    let strays = [
        Behaviour::GoodThen408(0),
        Behaviour::GoodTwice,
        Behaviour::GoodThenEnd(End::Fin),
        Behaviour::GoodThenEnd(End::Rst),
    ];
    for round in 0..rounds(8) {
        for (number, stray) in strays.into_iter().enumerate() {
            let script = [Behaviour::Good(Framing::Length), stray].repeat(30);
            let rows = script.len();
            let server = Server::start(script);
            let job = Job::of(rows);
            let concurrency = if round % 2 == 0 { "2" } else { "16" };
            job.run(&server.endpoint(), &["--concurrency", concurrency])
                .ends_with(&[0, 4]);
            let figures = judge(&format!("{stray:?} ({number})"), &job, &server.truth());
            assert!(figures.status("copied") >= rows as u64 / 2, "{figures:?}");
            assert_eq!(figures.status("failed") + figures.status("pending"), 0);
        }
    }
}

/// The same 408 at every moment around the next request, in steps of twenty microseconds.
#[test]
fn a_408_that_crosses_a_request_is_not_its_answer() {
    for _ in 0..rounds(10) {
        let script: Vec<Behaviour> = (0..150)
            .map(|number| Behaviour::GoodThen408(number * 20))
            .collect();
        let rows = script.len();
        let server = Server::start(script);
        let job = Job::of(rows);
        job.run(&server.endpoint(), &["--concurrency", "1"])
            .ends_with(&[0, 4]);
        let figures = judge("408 after an idle while", &job, &server.truth());
        assert_eq!(figures.class("refused"), 0);
        assert_eq!(figures.status("failed") + figures.status("pending"), 0);
    }
}

/// With a connection for each copy there is nothing to be met by.
#[test]
fn a_connection_for_each_copy_meets_no_stray() {
    let script = [Behaviour::GoodThen408(0), Behaviour::GoodTwice].repeat(50);
    let rows = script.len();
    let server = Server::start(script);
    let job = Job::of(rows);
    job.run(&server.endpoint(), &["--fresh-connections"])
        .ends_with(&[0]);
    let figures = judge("strays, fresh connections", &job, &server.truth());
    assert_eq!(figures.status("copied"), rows as u64);
}

/// Closed as soon as accepted: some of it is proof that nothing was sent, and what is no proof is
/// unknown. A row with proof is sent again and copied once.
#[test]
fn a_connection_closed_at_accept_loses_no_row() {
    for _ in 0..rounds(10) {
        let pattern = [AtAccept::Close(End::Fin), AtAccept::Serve];
        let server = Server::with([], &pattern);
        let job = Job::of(150);
        let flags = [
            "--fresh-connections",
            "--concurrency",
            "8",
            "--max-attempts",
            "20",
        ];
        job.run_with_token(&server.endpoint(), &flags)
            .ends_with(&[0, 4, 69]);
        let figures = judge("closed at accept", &job, &server.truth());
        assert_eq!(figures.status("failed"), 0);
        assert!(figures.class("unknown") + figures.class("not_sent") > 0);
    }
}

/// A reset at accept is a failed connection, which pauses the run: so only a few of them.
#[test]
fn a_connection_reset_at_accept_loses_no_row() {
    let mut pattern = vec![AtAccept::Serve; 20];
    pattern[3] = AtAccept::Close(End::Rst);
    pattern[13] = AtAccept::Close(End::Rst);
    for _ in 0..rounds(10) {
        let server = Server::with([], &pattern);
        let job = Job::of(60);
        let flags = [
            "--fresh-connections",
            "--concurrency",
            "1",
            "--max-attempts",
            "20",
        ];
        job.run_with_token(&server.endpoint(), &flags)
            .ends_with(&[0, 4]);
        let figures = judge("reset at accept", &job, &server.truth());
        assert!(figures.class("unknown") + figures.class("not_sent") > 0);
        assert_eq!(figures.status("copied") + figures.status("uncertain"), 60);
    }
}

/// A 408 that stands in the way of the answer: the copy behind it is never taken for refused.
#[test]
fn a_408_before_the_request_refuses_nothing() {
    for _ in 0..rounds(10) {
        for stray in [AtAccept::Stray408, AtAccept::Stray408ThenServe] {
            let server = Server::with([], &[stray, AtAccept::Serve, AtAccept::Serve]);
            let job = Job::of(90);
            let flags = [
                "--fresh-connections",
                "--concurrency",
                "4",
                "--max-attempts",
                "20",
            ];
            job.run_with_token(&server.endpoint(), &flags)
                .ends_with(&[0, 4, 69]);
            let figures = judge(&format!("{stray:?}"), &job, &server.truth());
            assert_eq!(figures.class("refused"), 0);
            assert!(figures.class("unknown") + figures.class("not_sent") > 0);
        }
    }
}

/// TLS to a server that speaks none, or nothing: it sees a connection, and not one byte of a
/// request. A time that runs out while connecting proves as much as a refusal.
#[test]
fn tls_that_fails_sends_nothing() {
    for at_accept in [AtAccept::Serve, AtAccept::Silence] {
        let server = Server::with([], &[at_accept]);
        let endpoint = format!("https://127.0.0.1:{}/rest", server.port());
        let job = Job::of(3);
        let flags = ["--max-attempts", "1", "--connect-timeout", "500ms"];
        job.run_with_token(&endpoint, &flags).ends_with(&[69]);
        let truth = server.truth();
        assert!(truth.connections > 0);
        assert_eq!(truth.begun, 0);
        let figures = judge(&format!("no TLS, {at_accept:?}"), &job, &truth);
        assert_eq!((figures.status("pending"), figures.may_have_left()), (3, 0));
    }
}

#[test]
fn nobody_listening_sends_nothing() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let job = Job::of(3);
    let endpoint = format!("http://127.0.0.1:{port}/rest");
    job.run_with_token(&endpoint, &["--max-attempts", "1"])
        .ends_with(&[69]);
    let figures = judge("nobody there", &job, &Truth::default());
    assert_eq!((figures.status("pending"), figures.may_have_left()), (3, 0));
}
