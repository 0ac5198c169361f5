//! A client without manners: one connection for each request, bytes as they come.

#[path = "../cli/wait.rs"]
mod wait;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::sandbox::{Running, Sandbox, Settings, TransactionStats};
pub use wait::wait_until;

pub const SOURCE: &str = "3f0c6c1e-0000-4000-8000-000000000001";

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Closed,
    /// No byte came for the patience the client had.
    Silent,
}

/// What came back.
pub struct Seen {
    pub bytes: Vec<u8>,
    pub end: End,
}

impl Seen {
    pub fn status(&self) -> u16 {
        let head = self.head();
        head.split(' ')
            .nth(1)
            .and_then(|text| text.parse().ok())
            .expect("a status line")
    }

    pub fn head(&self) -> String {
        String::from_utf8_lossy(&self.bytes[..self.head_end()]).to_ascii_lowercase()
    }

    pub fn header(&self, name: &str) -> Option<String> {
        let prefix = format!("{name}: ");
        self.head()
            .lines()
            .find_map(|line| line.strip_prefix(&prefix).map(str::to_owned))
    }

    pub fn body(&self) -> &[u8] {
        &self.bytes[self.head_end() + 4..]
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.body()).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(self.body())
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    fn head_end(&self) -> usize {
        let found = self
            .bytes
            .windows(4)
            .position(|window| window == b"\r\n\r\n");
        found.unwrap_or_else(|| panic!("no head in {:?}", String::from_utf8_lossy(&self.bytes)))
    }
}

/// A sandbox and a client that talks to it.
pub struct Bench {
    pub running: Running,
    pub patience: Duration,
}

pub fn start(settings: Settings) -> Bench {
    Bench {
        running: Sandbox::start(settings).expect("a sandbox"),
        patience: Duration::from_secs(5),
    }
}

impl Bench {
    pub fn raw(&self, request: &[u8]) -> Seen {
        let mut stream = TcpStream::connect(self.running.address()).expect("a connection");
        stream
            .set_read_timeout(Some(self.patience))
            .expect("a timeout");
        stream.write_all(request).expect("a request sent");
        let (mut bytes, mut chunk) = (Vec::new(), [0; 65536]);
        loop {
            match stream.read(&mut chunk) {
                Ok(0) => {
                    return Seen {
                        bytes,
                        end: End::Closed,
                    };
                }
                Ok(read) => bytes.extend_from_slice(&chunk[..read]),
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    return Seen {
                        bytes,
                        end: End::Silent,
                    };
                }
                Err(error) => panic!("{error} after {} bytes", bytes.len()),
            }
        }
    }

    pub fn send(&self, method: &str, path: &str, authorization: &str, body: &str) -> Seen {
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Authorization: {authorization}\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        );
        self.raw(request.as_bytes())
    }

    /// A call under that name for the host.
    pub fn get_as(&self, path: &str, host: &str) -> Seen {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        self.raw(request.as_bytes())
    }

    pub fn fetch_token(&self) -> Seen {
        let path = format!("/rest/v1/gettoken/{}", self.running.salt());
        self.send("GET", &path, self.running.api_key(), "")
    }

    pub fn token(&self) -> String {
        let answer = self.fetch_token().json();
        let answer = answer.get("GetTokenResult").unwrap_or(&answer);
        let value = answer.get("ReturnValue").or(answer.get("returnValue"));
        value.and_then(Value::as_str).expect("a token").to_owned()
    }

    /// A call with a fresh token.
    pub fn call(&self, method: &str, path: &str) -> Seen {
        self.send(method, &format!("/rest/v1/{path}"), &self.token(), "")
    }

    pub fn copy_body(&self, body: &Value) -> Seen {
        self.send(
            "POST",
            "/rest/v1/sessions/copy",
            &self.token(),
            &body.to_string(),
        )
    }

    /// A copy under a transaction id, for one signer.
    pub fn copy(&self, transaction_id: &str, email: &str) -> Seen {
        self.copy_body(&copy_of(transaction_id, email))
    }

    pub fn lookup(&self, transaction_id: &str) -> Seen {
        let owner = self.running.owner();
        let path = format!(
            "sessions/lite/{owner}/{transaction_id}/50/0/sortBy?colName=CreatedOn&sortOrder=asc"
        );
        self.call("GET", &path)
    }

    pub fn stats_of(&self, transaction_id: &str) -> TransactionStats {
        self.running
            .stats()
            .transactions
            .remove(transaction_id)
            .unwrap_or_default()
    }

    /// Received and committed.
    pub fn counts(&self, transaction_id: &str) -> (u32, u32) {
        let stats = self.stats_of(transaction_id);
        (stats.received, stats.committed)
    }
}

pub fn copy_of(transaction_id: &str, email: &str) -> Value {
    json!({
        "copyOptions": { "Version": 0, "RetainFields": true },
        "session": {
            "SigningSessionId": SOURCE,
            "SessionInfo": {
                "TransactionId": transaction_id, "Title": "Lease 42",
                "TransactionTitle": "Lease 42", "SendSignerInvites": false
            },
            "Signers": [{ "FirstName": "Ada", "LastName": "B/y", "EmailAddress": email }]
        }
    })
}
