//! What the service says of the session that is to be copied.

use super::header_words::HeaderWords;
use super::role_words::{Side, person_of, role_of};
use crate::job::SessionId;
use crate::support::is_terminal_control;

/// What the service says of the session that is to be copied.
#[derive(Debug, Clone)]
pub struct SourceSession {
    /// Its id.
    pub id: SessionId,
    /// Its title.
    pub title: String,
    /// Its signers, in its order.
    pub signers: Vec<SourceSigner>,
}

/// One of its signers. What it does not say is empty.
#[derive(Debug, Clone, Default)]
pub struct SourceSigner {
    /// Its id.
    pub id: String,
    /// Its role.
    pub role: String,
    /// First and last name.
    pub name: String,
    /// Its address.
    pub email: String,
}

impl SourceSession {
    /// The signer whom the people of a list probably are, by its place, and why. `words` are those that the
    /// list's column has for them.
    pub(super) fn mailed_signer(&self, words: &[String]) -> (usize, &'static str) {
        let is_of_signers = |signer: &SourceSigner| {
            let words = HeaderWords::all(&signer.role);
            let mut sides = words.iter().filter_map(|word| role_of(word));
            sides.next().is_some_and(|(_, side)| side == Side::Signer)
        };
        let mut signers = self.signers.iter();
        if let Some(at) = signers.position(|signer| signer.is_called(words)) {
            return (at, "because the role is named like their column");
        }
        let mut signers = self.signers.iter();
        match signers.position(is_of_signers) {
            _ if self.signers.len() == 1 => (0, "because there is only this one"),
            Some(at) => (at, "because it is the first whose role sounds like theirs"),
            None => (0, "because it is the first"),
        }
    }
}

impl SourceSigner {
    /// Whether its role is called as a column's words call a person.
    pub(super) fn is_called(&self, words: &[String]) -> bool {
        let role = HeaderWords::all(&self.role);
        !words.is_empty() && person_of(&role) == person_of(words)
    }

    /// Its id, if there is one that can be said.
    pub(super) fn known_id(&self) -> Option<&str> {
        sayable(&self.id)
    }

    /// Its role likewise.
    pub(super) fn known_role(&self) -> Option<&str> {
        sayable(&self.role)
    }

    /// Its role, name and address.
    pub(super) fn described(&self) -> String {
        let role = match self.role.as_str() {
            "" => "no role".to_owned(),
            role => format!("role '{role}'"),
        };
        match (self.name.as_str(), self.email.as_str()) {
            ("", "") => role,
            (name, "") => format!("{role}, {name}"),
            ("", email) => format!("{role}, {email}"),
            (name, email) => format!("{role}, {name} <{email}>"),
        }
    }
}

/// What is something, on one line.
fn sayable(text: &str) -> Option<&str> {
    let text = text.trim();
    (!text.is_empty() && !text.contains(is_terminal_control)).then_some(text)
}
