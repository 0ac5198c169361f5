//! Which call a method and a path mean.

use percent_encoding::percent_decode_str;
use url::form_urlencoded;

use crate::sandbox::choice::choice;
use crate::sandbox::faults::target::Target;

/// ASP.NET's default limit on a path, in characters. (W)
const LONGEST_PATH: usize = 260;

/// Characters IIS refuses in a path value even when they are percent-encoded. (W)
const REFUSED_IN_VALUES: &[char] = &['+', '%', '&', '*', ':', '<', '>', '/', '?', '#', '\\'];

choice! {
    /// A call by its name in the service's documents, or one of the sandbox's own.
    Operation {
        EncryptString = "EncryptString",
        GetToken = "GetToken",
        CopySigningSession = "CopySigningSession",
        GetArchivedSessions = "GetArchivedSessions",
        GetDeletedSessions = "GetDeletedSessions",
        GetExpiredSessions = "GetExpiredSessions",
        GetSessionsLiteByTransactionId = "GetSessionsLiteByTransactionId",
        GetSessionsByTransactionId = "GetSessionsByTransactionId",
        GetSessionsByTransactionIdMetadata = "GetSessionsByTransactionIdMetadata",
        GetSession = "GetSession",
        DeleteSession = "DeleteSession",
        StartSession = "StartSession",
        CancelSession = "CancelSession",
        Stats = "stats",
        Requests = "requests",
        Mails = "mails",
    }
}

/// Method, path and operation; `*` is a value. The first that fits counts.
const ROUTES: &[(&str, &str, Operation)] = &[
    ("GET", "rest/v1/encrypt/*/*", Operation::EncryptString),
    ("GET", "rest/v1/gettoken/*", Operation::GetToken),
    (
        "POST",
        "rest/v1/sessions/copy",
        Operation::CopySigningSession,
    ),
    (
        "GET",
        "rest/v1/sessions/archived/*/*",
        Operation::GetArchivedSessions,
    ),
    (
        "GET",
        "rest/v1/sessions/deleted/*/*",
        Operation::GetDeletedSessions,
    ),
    (
        "GET",
        "rest/v1/sessions/expired/*/*",
        Operation::GetExpiredSessions,
    ),
    (
        "GET",
        "rest/v1/sessions/lite/*/*/*/*/sortBy",
        Operation::GetSessionsLiteByTransactionId,
    ),
    (
        "GET",
        "rest/v1/users/*/transactions/*",
        Operation::GetSessionsByTransactionId,
    ),
    (
        "GET",
        "rest/v2/users/*/transactions/*",
        Operation::GetSessionsByTransactionIdMetadata,
    ),
    ("GET", "rest/v1/sessions/*", Operation::GetSession),
    ("DELETE", "rest/v1/sessions/*", Operation::DeleteSession),
    ("PUT", "rest/v1/sessions/*/start", Operation::StartSession),
    ("PUT", "rest/v1/sessions/*/cancel", Operation::CancelSession),
    ("GET", "sandbox/stats", Operation::Stats),
    ("GET", "sandbox/requests", Operation::Requests),
    ("GET", "sandbox/mails", Operation::Mails),
];

impl Operation {
    /// What rules on faults call it; `None` where none can happen.
    pub fn target(self) -> Option<Target> {
        match self {
            Self::EncryptString | Self::Stats | Self::Requests | Self::Mails => None,
            Self::GetToken => Some(Target::Token),
            Self::CopySigningSession => Some(Target::Copy),
            Self::GetSession | Self::DeleteSession | Self::StartSession | Self::CancelSession => {
                Some(Target::Session)
            }
            _ => Some(Target::Lookup),
        }
    }

    /// Whether it answers with whole sessions by transaction id.
    pub fn is_full_list(self) -> bool {
        let lists = [
            Self::GetSessionsByTransactionId,
            Self::GetSessionsByTransactionIdMetadata,
        ];
        lists.contains(&self)
    }

    /// Whether it lists all sessions in a state.
    pub fn is_by_state(self) -> bool {
        let lists = [
            Self::GetArchivedSessions,
            Self::GetDeletedSessions,
            Self::GetExpiredSessions,
        ];
        lists.contains(&self)
    }

    /// Whether the call is the service's, not the sandbox's own.
    pub fn is_service(self) -> bool {
        !matches!(self, Self::Stats | Self::Requests | Self::Mails)
    }
}

/// The call that a method and a path mean, with the path's values decoded, or the status that
/// refuses it. Literal segments are matched without regard to case, as IIS does; empty segments
/// (`rest//v1`) don't count.
pub fn find(method: &str, path: &str) -> Result<(Operation, Vec<String>), u16> {
    if path.len() > LONGEST_PATH {
        return Err(400);
    }
    let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let mut refusal = 404;
    for (known, pattern, operation) in ROUTES {
        let Some(values) = values(pattern, &segments) else {
            continue;
        };
        if *known != method {
            refusal = 405;
            continue;
        }
        let is_refused = |value: &String| value.contains(REFUSED_IN_VALUES);
        if operation.target() == Some(Target::Lookup) && values.iter().any(is_refused) {
            return Err(400);
        }
        return Ok((*operation, values));
    }
    Err(refusal)
}

/// The decoded values of a path that has the pattern.
fn values(pattern: &str, segments: &[&str]) -> Option<Vec<String>> {
    let mut values = Vec::new();
    let mut parts = pattern.split('/');
    for segment in segments {
        match parts.next()? {
            "*" if is_well_encoded(segment) => {
                values.push(percent_decode_str(segment).decode_utf8().ok()?.into_owned());
            }
            literal if literal.eq_ignore_ascii_case(segment) => {}
            _ => return None,
        }
    }
    parts.next().is_none().then_some(values)
}

fn is_well_encoded(segment: &str) -> bool {
    let mut encoded = segment.split('%').skip(1);
    let is_byte = |digits: &str| u8::from_str_radix(digits, 16).is_ok();
    encoded.all(|part| part.get(..2).is_some_and(is_byte))
}

/// The value of a query parameter; names are matched without regard to case. (W)
pub fn query_value(query: &str, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let found = pairs.find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.into_owned())
}

/// The path as the log may show it: nothing behind a segment that salts or secrets follow.
pub fn without_secrets(path: &str) -> String {
    const BEFORE_SECRETS: [&str; 4] = [
        "encrypt",
        "gettoken",
        "tokenusernamepassword",
        "authenticateuser",
    ];
    let mut shown = String::with_capacity(path.len());
    for segment in path.split_inclusive('/') {
        shown.push_str(segment);
        let bare = segment.trim_end_matches('/').to_ascii_lowercase();
        if BEFORE_SECRETS.contains(&bare.as_str()) {
            shown.push('…');
            break;
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(path: &str) -> Result<(Operation, Vec<String>), u16> {
        find("GET", path)
    }

    #[test]
    fn paths_are_found_with_a_double_slash_and_in_any_case() {
        let value = |text: &str| vec![text.to_owned()];
        assert_eq!(
            get("/rest//v1/gettoken/abc"),
            Ok((Operation::GetToken, value("abc")))
        );
        assert_eq!(
            find("POST", "/Rest/V1/Sessions/Copy"),
            Ok((Operation::CopySigningSession, Vec::new()))
        );
        assert_eq!(
            get("/rest/v1/sessions/x"),
            Ok((Operation::GetSession, value("x")))
        );
        assert_eq!(get("/rest/v1/sessions/x/start"), Err(405));
        assert_eq!(get("/rest/v1/nothing"), Err(404));
        assert_eq!(get("/rest/rest/v1/gettoken/abc"), Err(404));
        let long = format!("/rest/v1/gettoken/{}", "a".repeat(300));
        assert_eq!(get(&long), Err(400));
    }

    #[test]
    fn the_lite_list_reads_its_values_and_its_query() {
        let values = ["a@b.c", "t-1", "50", "0"].map(str::to_owned).to_vec();
        assert_eq!(
            get("/rest/v1/sessions/lite/a%40b.c/t-1/50/0/sortBy"),
            Ok((Operation::GetSessionsLiteByTransactionId, values))
        );
        let query = "colName=CreatedOn&sortOrder=Desc+x";
        assert_eq!(query_value(query, "colname").as_deref(), Some("CreatedOn"));
        assert_eq!(query_value(query, "sortOrder").as_deref(), Some("Desc x"));
        assert_eq!(query_value(query, "other"), None);
        assert_eq!(get("/rest/v1/users/a@b.c/transactions/a%2Fb"), Err(400));
    }

    #[test]
    fn the_log_shows_no_salt() {
        assert_eq!(
            without_secrets("/rest/v1/gettoken/abc"),
            "/rest/v1/gettoken/…"
        );
        assert_eq!(
            without_secrets("/rest/v1/encrypt/key/salt/x"),
            "/rest/v1/encrypt/…"
        );
        assert_eq!(
            without_secrets("/rest/v1/sessions/copy"),
            "/rest/v1/sessions/copy"
        );
    }
}
