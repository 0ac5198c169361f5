//! Which call a method and a path mean.

use super::path::{decode, query_value};
use crate::sandbox::settings::known::SessionState;

/// ASP.NET's default limit on a path, in characters. (W)
const LONGEST_PATH: usize = 260;

/// Characters IIS refuses in a path value even when they are percent-encoded. (W)
const REFUSED_IN_VALUES: &[char] = &['+', '%', '&', '*', ':', '<', '>', '/', '?', '#', '\\'];

/// A call, its values decoded.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Route {
    EncryptString {
        plain: String,
        salt: String,
    },
    GetToken {
        salt: String,
    },
    Copy,
    GetSession(String),
    StartSession(String),
    CancelSession(String),
    DeleteSession(String),
    LiteList(LiteQuery),
    ByTransaction {
        username: String,
        transaction_id: String,
        metadata: bool,
    },
    ByState {
        state: SessionState,
        page_size: String,
        page_number: String,
    },
    /// The sandbox's own: what has been counted. With a transaction id: only that one.
    Stats {
        transaction_id: Option<String>,
        transactions: bool,
    },
    /// The sandbox's own: the last requests.
    Requests {
        after: u64,
    },
    /// The sandbox's own: the last invites.
    Mails,
    Refused(u16),
}

/// The values of GetSessionsLiteByTransactionId.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct LiteQuery {
    pub(in crate::sandbox) username: String,
    pub(in crate::sandbox) transaction_id: String,
    pub(in crate::sandbox) page_size: String,
    pub(in crate::sandbox) page_number: String,
    pub(in crate::sandbox) column: String,
    pub(in crate::sandbox) descending: bool,
}

impl Route {
    /// Reads a method, a path and a query. Literal segments are matched without regard to case,
    /// as IIS does; empty segments (`rest//v1`) don't count.
    pub(in crate::sandbox) fn parse(method: &str, path: &str, query: &str) -> Self {
        if path.len() > LONGEST_PATH {
            return Self::Refused(400);
        }
        let segments: Vec<&str> = path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .collect();
        let literals: Vec<String> = segments
            .iter()
            .map(|segment| segment.to_ascii_lowercase())
            .collect();
        let literals: Vec<&str> = literals.iter().map(String::as_str).collect();
        let route = match literals.as_slice() {
            ["sandbox", rest @ ..] => sandbox(method, rest, query),
            ["rest", "v1", ..] => first_version(method, &literals[2..], &segments[2..], query),
            ["rest", "v2", "users", _, "transactions", _] if method == "GET" => {
                by_transaction(segments[3], segments[5], true)
            }
            _ => None,
        };
        route.unwrap_or_else(|| {
            let known = ["GET", "POST", "PUT", "DELETE"].into_iter().any(|other| {
                other != method
                    && literals.first() == Some(&"rest")
                    && literals.get(1) == Some(&"v1")
                    && first_version(other, &literals[2..], &segments[2..], query).is_some()
            });
            Self::Refused(if known { 405 } else { 404 })
        })
    }

    /// The method's name in the service's documents, for counting.
    pub(in crate::sandbox) fn name(&self) -> &'static str {
        match self {
            Self::EncryptString { .. } => "EncryptString",
            Self::GetToken { .. } => "GetToken",
            Self::Copy => "CopySigningSession",
            Self::GetSession(_) => "GetSession",
            Self::StartSession(_) => "StartSession",
            Self::CancelSession(_) => "CancelSession",
            Self::DeleteSession(_) => "DeleteSession",
            Self::LiteList(_) => "GetSessionsLiteByTransactionId",
            Self::ByTransaction {
                metadata: false, ..
            } => "GetSessionsByTransactionId",
            Self::ByTransaction { metadata: true, .. } => "GetSessionsByTransactionIdMetadata",
            Self::ByState {
                state: SessionState::Archived,
                ..
            } => "GetArchivedSessions",
            Self::ByState {
                state: SessionState::Deleted,
                ..
            } => "GetDeletedSessions",
            Self::ByState { .. } => "GetExpiredSessions",
            Self::Stats { .. } | Self::Requests { .. } | Self::Mails => "sandbox",
            Self::Refused(_) => "refused",
        }
    }

    /// Whether the call is the service's, not the sandbox's own.
    pub(in crate::sandbox) fn is_service(&self) -> bool {
        !matches!(
            self,
            Self::Stats { .. } | Self::Requests { .. } | Self::Mails
        )
    }
}

fn sandbox(method: &str, rest: &[&str], query: &str) -> Option<Route> {
    match (method, rest) {
        ("GET", ["stats"]) => Some(Route::Stats {
            transaction_id: query_value(query, "transaction_id"),
            transactions: query_value(query, "transactions").as_deref() != Some("false"),
        }),
        ("GET", ["requests"]) => {
            let after = query_value(query, "after").and_then(|text| text.parse().ok());
            Some(Route::Requests {
                after: after.unwrap_or(0),
            })
        }
        ("GET", ["mails"]) => Some(Route::Mails),
        _ => None,
    }
}

fn first_version(method: &str, words: &[&str], values: &[&str], query: &str) -> Option<Route> {
    Some(match (method, words) {
        ("GET", ["encrypt", _, _]) => Route::EncryptString {
            plain: decode(values[1])?,
            salt: decode(values[2])?,
        },
        ("GET", ["gettoken", _]) => Route::GetToken {
            salt: decode(values[1])?,
        },
        ("POST", ["sessions", "copy"]) => Route::Copy,
        (
            "GET",
            [
                "sessions",
                state @ ("archived" | "deleted" | "expired"),
                _,
                _,
            ],
        ) => {
            let (page_size, page_number) = (decode(values[2])?, decode(values[3])?);
            Route::ByState {
                state: state.parse().ok()?,
                page_size,
                page_number,
            }
        }
        ("GET", ["sessions", "lite", _, _, _, _, "sortby"]) => return lite(values, query),
        ("GET", ["users", _, "transactions", _]) => {
            return by_transaction(values[1], values[3], false);
        }
        ("GET", ["sessions", _]) => Route::GetSession(decode(values[1])?),
        ("DELETE", ["sessions", _]) => Route::DeleteSession(decode(values[1])?),
        ("PUT", ["sessions", _, "start"]) => Route::StartSession(decode(values[1])?),
        ("PUT", ["sessions", _, "cancel"]) => Route::CancelSession(decode(values[1])?),
        _ => return None,
    })
}

fn lite(values: &[&str], query: &str) -> Option<Route> {
    let (username, transaction_id) = (decode(values[2])?, decode(values[3])?);
    if is_refused(&username) || is_refused(&transaction_id) {
        return Some(Route::Refused(400));
    }
    let order = query_value(query, "sortOrder").unwrap_or_default();
    Some(Route::LiteList(LiteQuery {
        username,
        transaction_id,
        page_size: decode(values[4])?,
        page_number: decode(values[5])?,
        column: query_value(query, "colName").unwrap_or_default(),
        descending: order.eq_ignore_ascii_case("desc"),
    }))
}

fn by_transaction(username: &str, transaction_id: &str, metadata: bool) -> Option<Route> {
    let (username, transaction_id) = (decode(username)?, decode(transaction_id)?);
    if is_refused(&username) || is_refused(&transaction_id) {
        return Some(Route::Refused(400));
    }
    Some(Route::ByTransaction {
        username,
        transaction_id,
        metadata,
    })
}

fn is_refused(value: &str) -> bool {
    value.contains(REFUSED_IN_VALUES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(path: &str) -> Route {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        Route::parse("GET", path, query)
    }

    #[test]
    fn paths_are_found_with_a_double_slash_and_in_any_case() {
        assert_eq!(
            get("/rest//v1/gettoken/abc"),
            Route::GetToken {
                salt: "abc".to_owned()
            }
        );
        assert_eq!(
            Route::parse("POST", "/Rest/V1/Sessions/Copy", ""),
            Route::Copy
        );
        assert_eq!(
            get("/rest/v1/sessions/x"),
            Route::GetSession("x".to_owned())
        );
        assert_eq!(get("/rest/v1/sessions/x/start"), Route::Refused(405));
        assert_eq!(get("/rest/v1/nothing"), Route::Refused(404));
        assert_eq!(get("/rest/rest/v1/gettoken/abc"), Route::Refused(404));
        assert_eq!(
            get(&format!("/rest/v1/gettoken/{}", "a".repeat(300))),
            Route::Refused(400)
        );
    }

    #[test]
    fn the_lite_list_reads_its_query() {
        let path =
            "/rest/v1/sessions/lite/a%40b.c/t-1/50/0/sortBy?colName=CreatedOn&sortOrder=Desc";
        let Route::LiteList(query) = get(path) else {
            panic!("no lite list")
        };
        assert_eq!(
            (query.username.as_str(), query.column.as_str()),
            ("a@b.c", "CreatedOn")
        );
        assert!(query.descending);
        assert_eq!(
            get("/rest/v1/users/a@b.c/transactions/a%2Fb"),
            Route::Refused(400)
        );
    }
}
