//! What a rule is about.

use serde::Deserialize;

use crate::sandbox::choice::choice;

choice! {
    /// Which requests a rule is about.
    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    Target {
        /// `POST sessions/copy`.
        Copy = "copy",
        /// `GET gettoken`.
        Token = "token",
        /// One session: get, start, cancel, delete.
        Session = "session",
        /// Lists: by transaction id, by state.
        Lookup = "lookup",
    }
}
