//! EncryptString and GetToken.

use super::faults::chooser::Subject;
use super::faults::target::Target;
use super::seal::{seal, unseal};
use super::wire::answer::{Answer, Answers};
use super::wire::spoil::{Plan, after, instead};
use super::world::State;

impl State {
    /// GetToken.
    pub(super) fn token(
        &mut self,
        salt: &str,
        authorization: Option<&str>,
        answers: &Answers<'_>,
    ) -> Plan {
        let fault = self.chooser.choose(Target::Token, &Subject::default());
        if let Some(plan) = fault.and_then(|fault| instead(fault, answers)) {
            return plan;
        }
        let key = authorization.and_then(|sealed| unseal(sealed, salt));
        let answer = if key.as_deref() == Some(answers.settings.api_key.as_str()) {
            answers.value(&self.tokens.issue())
        } else {
            answers.error("Error: Invalid API key")
        };
        after(fault, answer)
    }
}

/// EncryptString. Salts other than letters and digits are refused. (D)
pub(super) fn encrypted(plain: &str, salt: &str, answers: &Answers<'_>) -> Answer {
    if salt.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        answers.value(&seal(plain, salt))
    } else {
        answers.error("Error: Invalid user account information")
    }
}
