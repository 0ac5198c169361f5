//! Sessions as bytes: 200,000 of them shall fit where as many JSON trees would not.

use super::guid::Guid;
use super::session::{Session, Signer};

/// How much one chunk of the arena holds. No record may be larger.
pub(super) const CHUNK: usize = 512 * 1024;

/// Byte strings laid one after another, addressed by a number. Nothing is ever freed, and growing
/// moves nothing.
#[derive(Default)]
pub(super) struct Arena {
    chunks: Vec<Vec<u8>>,
}

impl Arena {
    /// Keeps `bytes` and tells where. `None` when they are larger than a chunk or the arena is
    /// full at 4 GiB.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Option<u32> {
        if bytes.len() > CHUNK {
            return None;
        }
        let fits = self
            .chunks
            .last()
            .is_some_and(|chunk| chunk.len() + bytes.len() <= CHUNK);
        if !fits {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        let index = self.chunks.len() - 1;
        let chunk = self.chunks.last_mut()?;
        let at = u32::try_from(index * CHUNK + chunk.len()).ok()?;
        chunk.extend_from_slice(bytes);
        Some(at)
    }

    /// The bytes from `at` to the end of its chunk; records know their own length.
    pub(super) fn from(&self, at: u32) -> &[u8] {
        let at = at as usize;
        &self.chunks[at / CHUNK][at % CHUNK..]
    }
}

/// Encodes a session without what its slot and its transaction hold.
pub(super) fn encode(session: &Session, source: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    out.extend(session.id.to_bytes());
    put_number(&mut out, u64::from(source));
    put_number(&mut out, session.created_ms.unsigned_abs());
    put_text(&mut out, &session.title);
    let extras = if session.extras.is_empty() {
        String::new()
    } else {
        serde_json::to_string(&session.extras).expect("plain members always serialise")
    };
    put_text(&mut out, &extras);
    match &session.signers {
        None => put_number(&mut out, 0),
        Some(signers) => {
            put_number(&mut out, signers.len() as u64 + 1);
            for signer in signers {
                put_signer(&mut out, signer);
            }
        }
    }
    out
}

fn put_signer(out: &mut Vec<u8>, signer: &Signer) {
    put_text(out, &signer.first_name);
    put_text(out, &signer.last_name);
    put_text(out, &signer.email);
    put_text(out, &signer.role);
    out.push(signer.sequence);
    put_number(out, signer.merge_fields.len() as u64);
    for (key, value) in &signer.merge_fields {
        put_text(out, key);
        put_text(out, value);
    }
}

/// Appends a text, its length first.
pub(super) fn put_text(out: &mut Vec<u8>, text: &str) {
    put_number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number as u8) | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Reads what [`encode`] and [`put_text`] wrote. The bytes are our own, so nothing is checked
/// twice.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn guid(&mut self) -> Guid {
        let (bytes, rest) = self
            .0
            .split_first_chunk()
            .expect("a record starts with its id");
        self.0 = rest;
        Guid::from_bytes(*bytes)
    }

    pub(super) fn text(&mut self) -> &'a str {
        let length = self.number() as usize;
        let (bytes, rest) = self.0.split_at(length);
        self.0 = rest;
        std::str::from_utf8(bytes).expect("only texts are put in")
    }

    fn number(&mut self) -> u64 {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte();
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        number
    }

    fn byte(&mut self) -> u8 {
        let (byte, rest) = self.0.split_first().expect("a record is whole");
        self.0 = rest;
        *byte
    }

    /// Reads a session into `session`, whose id is read too; gives the source's number.
    pub(super) fn session(&mut self, session: &mut Session) -> u32 {
        session.id = self.guid();
        let source = self.number() as u32;
        session.created_ms = self.number() as i64;
        session.title = self.text().to_owned();
        let extras = self.text();
        if !extras.is_empty() {
            session.extras = serde_json::from_str(extras).expect("written by this module");
        }
        session.signers = self
            .number()
            .checked_sub(1)
            .map(|count| (0..count).map(|_| self.signer()).collect());
        source
    }

    fn signer(&mut self) -> Signer {
        Signer {
            first_name: self.text().to_owned(),
            last_name: self.text().to_owned(),
            email: self.text().to_owned(),
            role: self.text().to_owned(),
            sequence: self.byte(),
            merge_fields: (0..self.number())
                .map(|_| (self.text().to_owned(), self.text().to_owned()))
                .collect(),
        }
    }
}
