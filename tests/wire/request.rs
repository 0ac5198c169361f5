//! Reading requests off a socket, and ending connections as told.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use socket2::SockRef;

use crate::behaviour::End;

/// A request read to its last byte.
pub struct Request {
    /// The request line and the headers.
    pub head: String,
    /// The body.
    pub body: String,
}

/// The first byte of what comes next, left where it is; `None` once nothing comes any more.
pub fn first_byte(stream: &TcpStream) -> Option<u8> {
    let mut byte = [0];
    match stream.peek(&mut byte) {
        Ok(1) => Some(byte[0]),
        _ => None,
    }
}

/// Reads one request; `None` if the client goes before it is whole.
pub fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut piece = [0; 16 * 1024];
    loop {
        if let Some(request) = whole(&bytes) {
            return Some(request);
        }
        match stream.read(&mut piece) {
            Ok(count) if count > 0 => bytes.extend_from_slice(&piece[..count]),
            _ => return None,
        }
    }
}

fn whole(bytes: &[u8]) -> Option<Request> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8(bytes[..end].to_vec()).expect("heads are ASCII");
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>().expect("a length"))
    });
    let body = bytes.get(end..end + length.unwrap_or(0))?.to_vec();
    let body = String::from_utf8(body).expect("bodies are UTF-8");
    Some(Request { head, body })
}

/// Reads so many bytes and no more.
pub fn read_some(stream: &mut TcpStream, count: usize) {
    let mut bytes = vec![0; count];
    // A client that goes before that has ended the connection itself.
    let _ = stream.read_exact(&mut bytes);
}

/// Ends the connection. With bytes unread, the kernel makes a reset of any end.
pub fn end(stream: TcpStream, end: End) {
    if end == End::Rst {
        let linger = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
        linger.expect("a socket takes SO_LINGER");
    }
    drop(stream);
}

/// Waits until the client closes its side, and sends a byte of `bytes` every second until then.
pub fn drip(stream: &mut TcpStream, bytes: &[u8]) {
    let second = Some(Duration::from_secs(1));
    stream
        .set_read_timeout(second)
        .expect("a timeout can be set");
    let mut bytes = bytes.iter();
    loop {
        match stream.read(&mut [0; 64]) {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                if let Some(byte) = bytes.next() {
                    // A client that is gone shows in the next read.
                    let _ = stream.write_all(&[*byte]);
                }
            }
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}
