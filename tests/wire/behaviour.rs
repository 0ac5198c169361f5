//! What the server does with one copy request, and the bytes of its answers.

/// How an answer says where it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    Length,
    Chunked,
    /// By closing the connection, and by nothing else.
    Close,
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Fin,
    Rst,
}

/// What becomes of one copy request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// Committed and answered.
    Good(Framing),
    /// Bytes are there, and none is read.
    Unread(End),
    /// So many bytes are read, and the rest is not.
    ReadSome(usize, End),
    /// Read to the end, never committed, no answer.
    ReadAll(End),
    /// Committed, no answer.
    Committed(End),
    /// Committed, and the good answer ends after so many of its bytes.
    Cut(Framing, usize, End),
    /// Committed, and the answer's head is no HTTP.
    Garbage,
    /// Committed, and the answer has two lengths.
    TwoLengths,
    /// Committed, and the answer's head is longer than any client reads.
    LongHead,
    /// Committed, and the answer's body is over 1 MiB.
    LongBody(Framing),
    /// Committed, then silence until the client has had enough.
    Hang,
    /// Committed, and the answer comes one byte a second.
    Slow,
    /// Answered well; after so many microseconds of idleness a 408 that nobody asked for, and
    /// the end.
    GoodThen408(u64),
    /// Answered well, twice in one piece.
    GoodTwice,
    /// Answered well and closed, though nothing announced it.
    GoodThenEnd(End),
    /// Committed, and answered with these bytes; whether the connection then closes.
    Says(&'static str, bool),
    /// Not committed, and answered with these bytes.
    Refuses(&'static str),
}

/// What becomes of a connection before anything was read from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtAccept {
    Serve,
    Close(End),
    /// Accepted, and never a word.
    Silence,
    /// A 408 that nobody asked for, and the end.
    Stray408,
    /// The same, but a request that is already on its way is read and committed.
    Stray408ThenServe,
}

/// The 408 of a server that is tired of an idle connection.
pub const STRAY_408: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// A GetToken answer.
pub const TOKEN: &str = r#"{"Message":"Success","Details":[],"ReturnValue":"token-of-the-test"}"#;

/// The JSON of a good answer to a copy.
pub fn copied(id: &str) -> String {
    format!(r#"{{"Message":"Success","Details":[],"SigningSessionId":"{id}","Session":[]}}"#)
}

/// A whole HTTP answer around a body.
pub fn framed(body: &str, framing: Framing) -> Vec<u8> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n";
    let rest = match framing {
        Framing::Length => format!("Content-Length: {}\r\n\r\n{body}", body.len()),
        Framing::Close => format!("Connection: close\r\n\r\n{body}"),
        Framing::Chunked => {
            // Three chunks, so that cuts fall into, between and after them.
            let (first, rest) = body.split_at(body.len() / 3);
            let (second, third) = rest.split_at(rest.len() / 2);
            let chunks = [first, second, third, ""];
            let chunks = chunks.map(|chunk| format!("{:x}\r\n{chunk}\r\n", chunk.len()));
            format!("Transfer-Encoding: chunked\r\n\r\n{}", chunks.concat())
        }
    };
    format!("{head}{rest}").into_bytes()
}

/// How long a good answer is; ids have all the same length.
pub fn good_length(framing: Framing) -> usize {
    framed(&copied("00000001-0000-4000-8000-000000000001"), framing).len()
}

impl Behaviour {
    /// What is sent for a request whose session has this id; the good answer if there is nothing
    /// wrong with its bytes.
    pub fn answer(self, id: &str) -> Vec<u8> {
        let body = copied(id);
        match self {
            Self::Good(framing) => framed(&body, framing),
            Self::Cut(framing, length, _) => {
                let mut bytes = framed(&body, framing);
                assert!(length < bytes.len(), "a cut takes something away");
                bytes.truncate(length);
                bytes
            }
            Self::Garbage => [
                b"\x16\x03\x01\x00\xee SSH-2.0 200 OK\r\n\r\n",
                body.as_bytes(),
            ]
            .concat(),
            Self::TwoLengths => {
                let lengths = format!("Content-Length: {}\r\nContent-Length: 9", body.len());
                let whole = String::from_utf8(framed(&body, Framing::Length)).unwrap();
                let one = format!("Content-Length: {}", body.len());
                whole.replace(&one, &lengths).into_bytes()
            }
            Self::LongHead => {
                let filler = format!("X-Filler: {}\r\n", "x".repeat(4_000)).repeat(120);
                let whole = String::from_utf8(framed(&body, Framing::Length)).unwrap();
                let (status, rest) = whole.split_once("\r\n").unwrap();
                format!("{status}\r\n{filler}{rest}").into_bytes()
            }
            // Good JSON all through: only its length is wrong with it.
            Self::LongBody(framing) => {
                framed(&format!("{body}{}", " ".repeat(1024 * 1024)), framing)
            }
            Self::Says(bytes, _) => bytes.into(),
            Self::GoodTwice => framed(&body, Framing::Length).repeat(2),
            _ => framed(&body, Framing::Length),
        }
    }

    /// Whether one good answer is sent to its last byte. A reset behind it may still take it away.
    pub fn delivers(self) -> bool {
        matches!(
            self,
            Self::Good(_) | Self::GoodThen408(_) | Self::GoodTwice | Self::GoodThenEnd(_)
        )
    }
}
