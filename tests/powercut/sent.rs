//! Which copies had begun to leave, and when: from the bytes that went over the sockets.

use std::collections::{BTreeMap, BTreeSet};

use crate::trace::Event;

/// A copy request that left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The place in the trace of the record with its first byte.
    pub first: usize,
    /// The transaction id that it carries.
    pub transaction_id: String,
}

/// Every copy request in the trace, in the order of their first bytes.
pub fn copies(trace: &[Event]) -> Vec<Sent> {
    let mut open: BTreeMap<u32, (usize, Vec<u8>)> = BTreeMap::new();
    let mut copies = Vec::new();
    for (place, event) in trace.iter().enumerate() {
        match event {
            Event::Start => open.clear(),
            Event::Close { socket } => drop(open.remove(socket)),
            Event::Send { socket, bytes } => {
                let (first, so_far) = open.entry(*socket).or_insert((place, Vec::new()));
                so_far.extend_from_slice(bytes);
                let Some(body) = whole(so_far) else { continue };
                if so_far.starts_with(b"POST ") {
                    copies.push(Sent {
                        first: *first,
                        transaction_id: transaction_id(body),
                    });
                }
                open.remove(socket);
            }
            _ => {}
        }
    }
    copies.sort_by_key(|sent| sent.first);
    copies
}

/// The body of a request that is there to its last byte.
fn whole(bytes: &[u8]) -> Option<&[u8]> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&bytes[..end]).expect("heads are ASCII");
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().expect("a length"))
    });
    bytes.get(end..end + length.unwrap_or(0))
}

fn transaction_id(body: &[u8]) -> String {
    let body: serde_json::Value = serde_json::from_slice(body).expect("a copy request is JSON");
    let id = &body["session"]["SessionInfo"]["TransactionId"];
    id.as_str().expect("it has a transaction id").to_owned()
}

/// The transaction ids among `sent` that had begun to leave before this place of the trace.
pub fn before(sent: &[Sent], place: usize) -> BTreeSet<&str> {
    let begun = sent.iter().filter(|sent| sent.first < place);
    begun.map(|sent| sent.transaction_id.as_str()).collect()
}
