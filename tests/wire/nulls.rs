//! Answers without a word, byte by byte. The server makes every copy.

use crate::behaviour::{Behaviour, Framing};
use crate::job::Job;
use crate::judge::judge;
use crate::server::Server;

/// Successes with nothing in them, and whether the connection closes behind them.
const WORDLESS: [(&str, bool); 12] = [
    ("HTTP/1.1 204 No Content\r\n\r\n", false),
    (
        "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
        false,
    ),
    ("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", false),
    (
        "HTTP/1.1 202 Accepted\r\nContent-Length: 4\r\n\r\nnull",
        false,
    ),
    (
        "HTTP/1.1 206 Partial Content\r\nContent-Length: 0\r\n\r\n",
        false,
    ),
    ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false),
    ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\r\n", false),
    ("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n null ", false),
    (
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        false,
    ),
    (
        "HTTP/1.1 200 OK\r\nContent-Length: 34\r\n\r\n{\"CopySigningSessionResult\": null}",
        true,
    ),
    ("HTTP/1.0 200 OK\r\n\r\n", true),
    ("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nnull", true),
];

fn says((bytes, closes): (&'static str, bool)) -> Behaviour {
    Behaviour::Says(bytes, closes)
}

#[test]
fn three_in_a_row_stop_the_run_and_none_is_sent_twice() {
    for flags in [
        &["--concurrency", "1"][..],
        &["--concurrency", "1", "--token-reuse", "1h"],
    ] {
        for wordless in WORDLESS {
            let server = Server::start(vec![says(wordless); 9]);
            let job = Job::of(9);
            job.run(&server.endpoint(), flags).ends_with(&[6]);
            let figures = judge(&format!("{wordless:?}"), &job, &server.truth());
            assert_eq!((figures.begun, figures.status("uncertain")), (3, 3));
            assert_eq!(figures.status("pending"), 6);
        }
    }
}

#[test]
fn with_a_ready_token_the_first_one_does() {
    for wordless in WORDLESS {
        for before in [0, 2] {
            let goods = vec![Behaviour::Good(Framing::Length); before];
            let server = Server::start(goods.into_iter().chain(vec![says(wordless); 9]));
            let job = Job::of(9);
            let ran = job.run_with_token(&server.endpoint(), &["--concurrency", "1"]);
            assert!(ran.ends_with(&[6]).stderr.contains("with nothing (null)"));
            let figures = judge(&format!("{wordless:?}"), &job, &server.truth());
            assert_eq!(figures.begun, before as u64 + 1);
            assert_eq!(figures.status("uncertain"), 1);
        }
    }
}

/// A good answer between them, and the run goes on.
#[test]
fn between_good_answers_each_is_one_uncertain_row() {
    let goods = [
        Behaviour::Good(Framing::Length),
        Behaviour::Good(Framing::Chunked),
    ];
    let script = WORDLESS.into_iter().zip(goods.into_iter().cycle());
    let script: Vec<Behaviour> = script
        .flat_map(|(wordless, good)| [says(wordless), good])
        .collect();
    for flags in [
        &["--concurrency", "1"][..],
        &["--concurrency", "1", "--token-reuse", "1h"],
    ] {
        let server = Server::start(script.clone());
        let job = Job::of(script.len());
        job.run(&server.endpoint(), flags).ends_with(&[4]);
        let figures = judge("wordless between good ones", &job, &server.truth());
        assert_eq!(figures.begun, script.len() as u64);
        assert_eq!(figures.status("uncertain"), WORDLESS.len() as u64);
    }
}
