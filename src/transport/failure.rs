use std::error::Error;

use crate::request::Failure;

/// Sorts an error by what it proves. Three things prove that no byte left: the request could
/// not be built, no connection was made, or hyper gave the request up before writing it.
/// Everything else proves nothing, and messages are never looked at.
pub(super) fn of(error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let text = told(&error);
    if error.is_connect() {
        return Failure::NotConnected(text);
    }
    if error.is_builder() || was_canceled(&error) {
        return Failure::NeverWritten(text);
    }
    if error.is_timeout() {
        return Failure::Unknown("no answer in time".into());
    }
    Failure::Unknown(text)
}

/// Whether hyper took the request back out of its queue. If reqwest ever uses another hyper
/// than ours, the downcast fails and the outcome is unknown: the safe side.
fn was_canceled(error: &dyn Error) -> bool {
    let mut source = error.source();
    while let Some(error) = source {
        if error
            .downcast_ref::<hyper::Error>()
            .is_some_and(hyper::Error::is_canceled)
        {
            return true;
        }
        source = error.source();
    }
    false
}

/// The innermost cause in words, which says what happened rather than what failed because of it.
pub(super) fn told(error: &dyn Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
