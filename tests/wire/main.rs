//! What can go wrong on the wire, byte by byte, against a server that knows the truth: which
//! requests it read, what it committed, and which answers it delivered whole. The server speaks
//! HTTP in its own words and shares no code with the program. `ESIGN_COPY_LONG=1` repeats the
//! scripts until thousands of requests are through.

mod behaviour;
mod connections;
mod cuts;
mod damage;
mod faults;
mod job;
mod judge;
mod nulls;
mod older;
mod proof;
mod request;
mod server;
mod tls;
mod truth;
mod waits;

/// How often a script is repeated: once, or often enough for thousands of requests.
fn rounds(long: usize) -> usize {
    if is_long() { long } else { 1 }
}

fn is_long() -> bool {
    std::env::var("ESIGN_COPY_LONG").is_ok_and(|value| value == "1")
}
