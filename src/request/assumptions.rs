//! What the service's documents leave open, each with its number in the table of assumptions
//! (esign-api.md 7.2). A customer who learns better changes it here.

/// #10: members of an answer that may hold the sessions, whatever their case.
pub const SESSION_MEMBERS: [&str; 4] = ["Session", "Sessions", "SigningSession", "SigningSessions"];

/// #10: a single root member whose name ends so wraps the whole answer.
pub const WRAPPER_SUFFIX: &str = "Result";

/// #11: the new id at the root of a copy's answer.
pub const ROOT_ID_MEMBER: &str = "SigningSessionId";

/// #11: the id of a session inside an answer, the first that is there.
pub const SESSION_ID_MEMBERS: [&str; 2] = ["SigningSessionId", "Id"];

/// #12, #13: the member that says how a request went, and its word for no.
pub const MESSAGE_MEMBER: &str = "Message";
/// #13: see [`MESSAGE_MEMBER`].
pub const MESSAGE_ERROR: &str = "Error";
/// #12, #13: the service's words.
pub const DETAILS_MEMBER: &str = "Details";

/// The member of GetToken's answer that holds the token (documented).
pub const RETURN_VALUE_MEMBER: &str = "ReturnValue";

/// Texts that mean the token or the key, not the row (esign-api.md 3.1), in any case.
pub const TOKEN_ERROR_PREFIXES: [&str; 4] = [
    "Error: Invalid token",
    "Error: Bad Token",
    "Error: Invalid API key",
    "Error: Invalid user account",
];

/// What an error text of GetToken starts with, in any case (esign-api.md 3.1).
pub const ERROR_TEXT_PREFIX: &str = "Error";

/// Answers are read up to this many bytes; a longer one is no usable answer.
pub const ANSWER_LIMIT_BYTES: usize = 1024 * 1024;
