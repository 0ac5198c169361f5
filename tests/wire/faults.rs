//! One fault after another, before and after the commit.

use std::time::{Duration, Instant};

use crate::behaviour::{Behaviour, End, Framing, good_length};
use crate::job::{Job, SOURCE, address};
use crate::judge::{judge, judge_exactly};
use crate::rounds;
use crate::server::Server;

/// Every fault that costs no waiting.
fn quick_faults() -> Vec<Behaviour> {
    let (whole, chunked) = (good_length(Framing::Length), good_length(Framing::Chunked));
    let mut faults = vec![
        Behaviour::Cut(Framing::Length, 7, End::Fin), // half a status line
        Behaviour::Cut(Framing::Length, 40, End::Fin), // half the headers
        Behaviour::Cut(Framing::Length, whole - 1, End::Fin),
        Behaviour::Cut(Framing::Chunked, chunked - 1, End::Fin),
        Behaviour::Garbage,
        Behaviour::TwoLengths,
        Behaviour::LongHead,
        Behaviour::LongBody(Framing::Length),
        Behaviour::LongBody(Framing::Chunked),
        Behaviour::LongBody(Framing::Close),
    ];
    for end in [End::Fin, End::Rst] {
        faults.extend([
            Behaviour::Unread(end),
            Behaviour::ReadSome(20, end),
            Behaviour::ReadAll(end),
            Behaviour::Committed(end),
        ]);
    }
    faults
}

/// Each fault twice between good answers of every framing, so many times over.
fn quick_script(times: usize) -> Vec<Behaviour> {
    let goods = [Framing::Length, Framing::Chunked, Framing::Close].map(Behaviour::Good);
    let faults = std::iter::repeat_n(quick_faults(), times).flatten();
    let mixed = faults.zip(goods.into_iter().cycle());
    mixed
        .flat_map(|(fault, good)| [fault, good, fault])
        .collect()
}

fn play(name: &str, times: usize, flags: &[&str]) {
    let script = quick_script(times);
    let rows = script.len();
    let goods = script
        .iter()
        .filter(|behaviour| behaviour.delivers())
        .count();
    let server = Server::start(script);
    let job = Job::of(rows);
    job.run(
        &server.endpoint(),
        &[flags, &["--max-attempts", "1"]].concat(),
    )
    .ends_with(&[4]);
    let figures = judge_exactly(name, &job, &server.truth());
    assert_eq!(figures.begun, rows as u64);
    assert_eq!(figures.status("copied"), goods as u64);
    assert_eq!(figures.status("uncertain"), (rows - goods) as u64);
}

#[test]
fn no_fault_makes_a_copy_of_nothing_or_nothing_of_a_copy() {
    for _ in 0..rounds(10) {
        play("one at a time", 2, &["--concurrency", "1"]);
        play("sixteen at a time", 6, &["--concurrency", "16"]);
        let fresh = ["--concurrency", "8", "--fresh-connections"];
        play("a connection for each", 4, &fresh);
    }
}

#[test]
fn silence_is_unknown_once_the_time_is_over() {
    for _ in 0..rounds(5) {
        let waits = [Behaviour::Hang, Behaviour::Slow];
        let script = [waits, [Behaviour::Good(Framing::Length); 2]]
            .concat()
            .repeat(6);
        let rows = script.len();
        let server = Server::start(script);
        let job = Job::of(rows);
        let flags = [
            "--concurrency",
            "12",
            "--timeout",
            "1s",
            "--max-attempts",
            "1",
        ];
        let start = Instant::now();
        job.run(&server.endpoint(), &flags).ends_with(&[4]);
        let took = start.elapsed();
        let figures = judge_exactly("silence", &job, &server.truth());
        assert_eq!(figures.status("uncertain"), rows as u64 / 2);
        assert!(took >= Duration::from_secs(1), "{took:?}");
        let hung = job.attempts();
        let hung = hung.iter().filter(|attempt| attempt.class == "unknown");
        assert!(
            hung.clone()
                .all(|attempt| attempt.text == "no answer in time")
        );
    }
}

/// Requests larger than a socket takes at once: the connection breaks while they are written.
#[test]
fn a_request_broken_off_in_the_middle_is_unknown() {
    let fields: Vec<String> = (0..60).map(|n| format!("signer_1_merge_F{n}")).collect();
    let header = format!(
        "source_session_id,title,signer_1_last_name,signer_1_email,{}\n",
        fields.join(",")
    );
    let text = "x".repeat(9_000);
    let row = |number| {
        let cells = vec![text.as_str(); fields.len()].join(",");
        format!("{SOURCE},Lease,Li,{},{cells}\n", address(number))
    };
    let breaks = [20, 70_000, 300_000].map(|count| Behaviour::ReadSome(count, End::Rst));
    let goods = [Behaviour::Good(Framing::Length); 3];
    let script = [breaks, goods].concat();
    let server = Server::start(script.clone());
    let job = Job::with(&header, (0..script.len()).map(row));
    job.run(&server.endpoint(), &["--max-attempts", "1"])
        .ends_with(&[4]);
    let figures = judge_exactly("broken while written", &job, &server.truth());
    assert_eq!(figures.status("uncertain"), breaks.len() as u64);
    assert!(server.truth().bodies[0].len() > 500_000);
}

/// What is uncertain is held: a second run sends nothing, whatever the server would now say.
#[test]
fn a_second_run_sends_no_unknown_row_again() {
    let server = Server::start(quick_script(1));
    let job = Job::of(quick_script(1).len());
    job.run(&server.endpoint(), &[]).ends_with(&[4]);
    let before = server.truth();
    job.run(&server.endpoint(), &[]).ends_with(&[4]);
    let after = server.truth();
    assert_eq!(after.begun, before.begun);
    judge("run twice", &job, &after);
}
