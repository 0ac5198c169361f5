//! Answers without a word: an expired token is answered so, and so may a copy be that was made.

use std::time::SystemTime;

use super::tokens::Token;
use super::{Job, Journal, RunContext, Transport};
use crate::request::{Verdict, classify_session, is_null};

/// So many such answers in a row are no chance.
const IN_A_ROW: u32 = 3;

/// How many in a row stop the run. A ready token has no successor.
pub(super) fn most(is_renewable: bool) -> u32 {
    if is_renewable { IN_A_ROW } else { 1 }
}

/// What such an answer means: that the token is refused, if a call was taken with it before, and
/// GetSession of the source is now answered null as well. A row for which a token was fetched for
/// this very purpose can't be told so again: nothing is believed of it.
pub(super) async fn interpret_null<T: Transport, J: Journal>(
    run: &RunContext<T, J>,
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
    if !may_be_token || !was_accepted || !is_refused(run, job, token).await {
        return verdict;
    }
    Verdict::TokenRefused("answered null, as for an expired token".into())
}

/// Whether the service answers null to one read with the same token. A read that the run's stop
/// cuts short shows nothing.
async fn is_refused<T: Transport, J: Journal>(
    run: &RunContext<T, J>,
    job: &Job,
    token: &Token,
) -> bool {
    let service = &run.service;
    let source = job.request.source;
    let read = service.reads.session_with(token, source);
    let Some(exchange) = service.control.unless_stopped(read).await else {
        return false;
    };
    if is_null(&exchange) {
        service.control.health.connected();
        return true;
    }
    match classify_session(&exchange, source, SystemTime::now()) {
        Ok(_) => service.control.health.connected(),
        Err(unread) => {
            service.note_read_error(&unread.map_text(|text| service.tokens.scrub(text)));
        }
    }
    false
}
