//! What a service in trouble says, byte by byte: how long to wait, and that it has no token now.

use std::time::{Duration, Instant};

use crate::behaviour::{Behaviour, Framing};
use crate::job::{Job, Ran};
use crate::judge::judge_exactly;
use crate::server::Server;

/// Runs a job of one row whose first answer asks to wait. Gives how long was waited.
fn waited(answer: &'static str) -> (Duration, Ran) {
    let server = Server::start([Behaviour::Refuses(answer)]);
    let job = Job::of(1);
    let ran = job.run(&server.endpoint(), &[]).ends_with(&[0]);
    judge_exactly(answer, &job, &server.truth());
    let read_at = server.truth().read_at;
    assert_eq!(read_at.len(), 2);
    (read_at[1] - read_at[0], ran)
}

#[test]
fn retry_after_is_read_as_servers_write_it() {
    for (answer, seconds) in [
        (
            "HTTP/1.1 429 x\r\nRetry-After: 1.2\r\nContent-Length: 0\r\n\r\n",
            2,
        ),
        (
            "HTTP/1.1 503 x\r\nRetry-After: +2\r\nContent-Length: 0\r\n\r\n",
            2,
        ),
        (
            "HTTP/1.1 429 x\r\nretry-after:2, 1\r\nContent-Length: 0\r\n\r\n",
            2,
        ),
        (
            "HTTP/1.1 503 x\r\nRetry-After: 1\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n",
            2,
        ),
        (
            "HTTP/1.1 429 x\r\nDate: Sun, 09 Sep 2001 01:47:08 GMT\r\n\
             Retry-After: Sun, 09 Sep 2001 01:47:10 GMT\r\nContent-Length: 0\r\n\r\n",
            2,
        ),
    ] {
        let (waited, ran) = waited(answer);
        let expected = Duration::from_secs(seconds);
        assert!(
            waited >= expected && waited < expected * 2,
            "{answer}: {waited:?}"
        );
        assert!(!ran.stderr.contains("can't be read"), "{}", ran.stderr);
    }
}

#[test]
fn what_can_t_be_read_is_a_warning_and_a_short_pause() {
    for answer in [
        "HTTP/1.1 429 x\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 503 x\r\nRetry-After: -5\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 503 x\r\nRetry-After: d\u{e8}s que possible\r\nContent-Length: 0\r\n\r\n",
    ] {
        let (waited, ran) = waited(answer);
        assert!(waited >= Duration::from_millis(240), "{answer}: {waited:?}");
        let warnings = ran.stderr.matches("Retry-After can't be read").count();
        assert_eq!(warnings, 1, "{}", ran.stderr);
    }
}

#[test]
fn token_calls_that_bring_nothing_for_a_while_cost_no_row() {
    let outages = [
        "HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 502 x\r\nContent-Length: 6\r\n\r\n<html>",
        "",
        "HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n{\"ReturnValue\":\"tok",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 429 x\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
    ];
    for outage in outages {
        let server = Server::start([]);
        server.answer_tokens([outage; 2]);
        let job = Job::of(3);
        let flags = ["--concurrency", "1", "--max-attempts", "1"];
        let start = Instant::now();
        job.run(&server.endpoint(), &flags).ends_with(&[0]);
        assert!(start.elapsed() >= Duration::from_millis(740));
        let figures = judge_exactly(outage, &job, &server.truth());
        assert_eq!((figures.status("copied"), figures.begun), (3, 3));
    }
}

#[test]
fn a_token_call_that_refuses_the_key_ends_the_run_at_once() {
    for refusal in [
        "HTTP/1.1 401 x\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 403 x\r\nContent-Length: 6\r\n\r\n<html>",
    ] {
        let server = Server::start([]);
        server.answer_tokens([refusal; 9]);
        let job = Job::of(3);
        let start = Instant::now();
        job.run(&server.endpoint(), &[]).ends_with(&[6]);
        assert!(start.elapsed() < Duration::from_secs(20));
        let figures = judge_exactly(refusal, &job, &server.truth());
        assert_eq!((figures.status("pending"), figures.begun), (3, 0));
    }
    // The connection that is good for a token is good for all that follows.
    let server = Server::start([Behaviour::Good(Framing::Length)]);
    let job = Job::of(1);
    job.run(&server.endpoint(), &[]).ends_with(&[0]);
    judge_exactly("no refusal", &job, &server.truth());
}
