//! What authorises requests, to be taken out of everything that the service says: it may repeat what it
//! was sent, by this call or by another.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use secrecy::{ExposeSecret, SecretString};

use super::{Credentials, Event};
use crate::support::redacted;

/// So many tokens are remembered: those of the calls that are out, and of the last ones before.
const TOKENS: usize = 512;

/// Something as short as that is no secret, and would tear words apart.
const SHORTEST: usize = 4;

/// The credentials and the tokens that were fetched with them.
#[derive(Debug)]
pub(super) struct Secrets {
    given: Vec<SecretString>,
    tokens: Mutex<VecDeque<SecretString>>,
}

impl Secrets {
    pub(super) fn of(credentials: &Credentials) -> Self {
        let given = match credentials {
            Credentials::Key { encrypted, salt } => vec![encrypted.clone(), salt.clone()],
            Credentials::Token(token) => vec![token.clone()],
        };
        Self {
            given,
            tokens: Mutex::default(),
        }
    }

    /// Remembers a token that was fetched.
    pub(super) fn add(&self, token: &SecretString) {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.len() == TOKENS {
            tokens.pop_front();
        }
        tokens.push_back(token.clone());
    }

    /// The text without any of them.
    pub(super) fn scrub(&self, text: &str) -> String {
        if text.len() < SHORTEST {
            return text.to_owned();
        }
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let all = self.given.iter().chain(tokens.iter().rev());
        let all = all.map(ExposeSecret::expose_secret);
        redacted(text, all.filter(|secret| secret.len() >= SHORTEST))
    }

    /// The event without any of them in its words.
    pub(super) fn scrub_event(&self, mut event: Event) -> Event {
        match &mut event {
            Event::Finished { text, .. }
            | Event::Retrying { text, .. }
            | Event::Settling { text, .. }
            | Event::Notice { text }
            | Event::Paused { text, .. } => *text = self.scrub(text),
        }
        event
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_event_says_what_authorises_this_call_or_another() {
        let key = Credentials::Key {
            encrypted: "++//KEY==".into(),
            salt: "salt0123".into(),
        };
        let secrets = Secrets::of(&key);
        for number in 0..600 {
            secrets.add(&format!("token-{number:04}").into());
        }
        let text = "++//KEY==, salt\u{7}0123, token-0599, token-0300 and token-9999".to_owned();
        let Event::Notice { text } = secrets.scrub_event(Event::Notice { text }) else {
            panic!("it is another event");
        };
        let expected = "[secret], [secret], [secret], [secret] and token-9999";
        assert_eq!(text, expected);
        let ready = Secrets::of(&Credentials::Token("ready-token".into()));
        assert_eq!(ready.scrub("a ready-token"), "a [secret]");
    }
}
