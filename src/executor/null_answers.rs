//! Answers without a word: an expired token is answered so, and so may a copy be that was made.

use std::time::SystemTime;

use super::run_context::RunContext;
use super::tokens::Token;
use super::{Job, Journal, Transport};
use crate::request::{Verdict, classify_session, is_null};

impl<T: Transport, J: Journal> RunContext<T, J> {
    /// What such an answer means: that the token is refused, if a call was taken with it before, and
    /// GetSession of the source is now answered null as well. A row for which a token was fetched for
    /// this very purpose is not judged so again: its answer says nothing.
    pub(super) async fn interpret_null(
        &self,
        job: &Job,
        verdict: Verdict,
        token: &Token,
        was_accepted: bool,
    ) -> Verdict {
        let may_be_token = matches!(
            verdict,
            Verdict::Null {
                may_be_token: true,
                ..
            }
        );
        if may_be_token && was_accepted && self.is_token_refused(job, token).await {
            return Verdict::TokenRefused(
                "the service answered null, as it does for an expired token".into(),
            );
        }
        verdict
    }

    /// Whether the service answers null to one read with the same token. A read that the run's stop
    /// cuts short shows nothing.
    async fn is_token_refused(&self, job: &Job, token: &Token) -> bool {
        let source = job.request.source;
        let read = self.service.reads.session_with(token, source);
        let Some(exchange) = self.control.unless_stopped(read).await else {
            return false;
        };
        if is_null(&exchange) {
            self.control.health.record_answer();
            return true;
        }
        match classify_session(&exchange, source, SystemTime::now()) {
            Ok(_) => self.control.health.record_answer(),
            Err(error) => {
                let error = error.map_text(|text| self.service.tokens.scrub(text));
                self.service.note_read_error(&error);
            }
        }
        false
    }
}
