//! What the service's documents leave open, each with its number in the table of assumptions
//! (`docs/service.md`, "Assumptions by number"). A customer who learns better changes it here.

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
/// #12: its word for yes.
pub const MESSAGE_SUCCESS: &str = "Success";
/// #12, #13: the service's words.
pub const DETAILS_MEMBER: &str = "Details";

/// The member of GetToken's answer that holds the token (documented).
pub const RETURN_VALUE_MEMBER: &str = "ReturnValue";

/// Texts that mean the token or the key, not the row (`docs/service.md`, "Error texts"), in any case.
pub const TOKEN_ERROR_PREFIXES: [&str; 4] = [
    "Error: Invalid token",
    "Error: Bad Token",
    "Error: Invalid API key",
    "Error: Invalid user account",
];

/// What an error text of GetToken starts with, in any case (`docs/service.md`, "Error texts").
pub const ERROR_TEXT_PREFIX: &str = "Error";

/// Answers are read up to this many bytes; a longer one is no usable answer.
pub const ANSWER_LIMIT_BYTES: usize = 1024 * 1024;

/// #10: the member of a session that holds its header data.
pub const SESSION_INFO_MEMBER: &str = "SessionInfo";
/// The transaction id of a session (documented).
pub const TRANSACTION_ID_MEMBER: &str = "TransactionId";
/// #3: the members that may hold a session's title.
pub const TITLE_MEMBERS: [&str; 2] = ["Title", "TransactionTitle"];
/// When a session was made (documented as a column of the lite list).
pub const CREATED_MEMBER: &str = "CreatedOn";
/// The signers of a session, and their addresses (documented).
pub const SIGNERS_MEMBER: &str = "Signers";
/// See [`SIGNERS_MEMBER`].
pub const EMAIL_MEMBER: &str = "EmailAddress";
/// #4: the members that may hold a signer's id, as they are read.
pub const SIGNER_ID_MEMBERS: [&str; 2] = ["SignerId", "Id"];
/// See [`SIGNERS_MEMBER`].
pub const ROLE_MEMBER: &str = "SignerRole";
/// See [`SIGNERS_MEMBER`].
pub const NAME_MEMBERS: [&str; 2] = ["FirstName", "LastName"];
/// #20: the e-mail address of a session's owner, in its header data (documented).
pub const OWNER_EMAIL_MEMBER: &str = "OwnerEmail";

/// #23: how many sessions a list has in all (documented).
pub const TOTAL_COUNT_MEMBER: &str = "TotalCount";
/// #23: members that may hold the sessions of a list; else the only array that is there.
pub const LIST_MEMBERS: [&str; 5] = [
    "SessionInfoLiteViews",
    "Sessions",
    "Session",
    "Data",
    "Items",
];
/// #25: sessions on one page of a list; more is never asked for.
pub const PAGE_SIZE: usize = 50;
/// #24: pages read of one list; a longer one is no usable answer.
pub const MOST_PAGES: usize = 100;

/// The text of a look-up for an owner that the service doesn't know (`docs/service.md`, "Error texts"), any case.
pub const USERNAME_NOT_FOUND_PREFIX: &str = "Error: Username not found";
