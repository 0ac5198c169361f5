//! Sessions as bytes, a fraction of what they take as values.

use super::session::{Session, Signer};

/// Encodes a session without what its slot and its transaction hold.
pub(in crate::sandbox) fn encode(session: &Session, source: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
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
fn put_text(out: &mut Vec<u8>, text: &str) {
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

/// Reads what [`encode`] wrote. The bytes are our own, so nothing is checked
/// twice.
pub(in crate::sandbox) struct Reader<'a>(pub(in crate::sandbox) &'a [u8]);

impl<'a> Reader<'a> {
    fn text(&mut self) -> &'a str {
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

    /// Reads a session into `session`; gives the source's number.
    pub(in crate::sandbox) fn session(&mut self, session: &mut Session) -> u32 {
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
