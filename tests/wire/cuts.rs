//! The good answer of a committed copy, cut after each of its bytes.

use crate::behaviour::{Behaviour, End, Framing, good_length};
use crate::job::Job;
use crate::judge::judge_exactly;
use crate::server::Server;

/// Every cut, with a good answer after each third: a client that meets nothing but silence
/// has reason to stop, and this is not what is tried here.
fn cut_everywhere(name: &str, framing: Framing, end: End, step: usize) {
    let cuts: Vec<usize> = (0..good_length(framing)).step_by(step).collect();
    let script: Vec<Behaviour> = cuts
        .chunks(3)
        .flat_map(|three| {
            let cut = |at: &usize| Behaviour::Cut(framing, *at, end);
            three.iter().map(cut).chain([Behaviour::Good(framing)])
        })
        .collect();
    let (rows, goods) = (script.len(), script.len() - cuts.len());
    let server = Server::start(script);
    let job = Job::of(rows);
    job.run(
        &server.endpoint(),
        &["--concurrency", "8", "--max-attempts", "1"],
    )
    .ends_with(&[4]);
    let truth = server.truth();
    let figures = judge_exactly(name, &job, &truth);
    assert_eq!(truth.read, rows as u64);
    assert_eq!(figures.status("copied"), goods as u64);
    assert_eq!(figures.status("uncertain"), cuts.len() as u64);
}

/// In the short version every third byte of a reset answer, which differs from a closed one only
/// in how the connection ends.
fn step() -> usize {
    if crate::is_long() { 1 } else { 3 }
}

#[test]
fn an_answer_of_known_length_counts_only_whole() {
    cut_everywhere("length, closed", Framing::Length, End::Fin, 1);
    cut_everywhere("length, reset", Framing::Length, End::Rst, step());
}

#[test]
fn an_answer_in_chunks_counts_only_with_its_last() {
    cut_everywhere("chunks, closed", Framing::Chunked, End::Fin, 1);
    cut_everywhere("chunks, reset", Framing::Chunked, End::Rst, step());
}

#[test]
fn an_answer_without_a_length_counts_only_as_whole_json() {
    cut_everywhere("until closed, closed", Framing::Close, End::Fin, 1);
    cut_everywhere("until closed, reset", Framing::Close, End::Rst, step());
}
