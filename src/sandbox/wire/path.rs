//! The text of paths and queries: what may be shown of them, and their values decoded.

/// The path as the log may show it: nothing behind a segment that salts or secrets follow.
pub(in crate::sandbox) fn without_secrets(path: &str) -> String {
    const BEFORE_SECRETS: [&str; 4] = [
        "encrypt",
        "gettoken",
        "tokenusernamepassword",
        "authenticateuser",
    ];
    let mut shown = String::with_capacity(path.len());
    for segment in path.split_inclusive('/') {
        shown.push_str(segment);
        let bare = segment.trim_end_matches('/');
        if BEFORE_SECRETS
            .iter()
            .any(|word| bare.eq_ignore_ascii_case(word))
        {
            shown.push('…');
            break;
        }
    }
    shown
}

/// The value of a query parameter; names are matched without regard to case. (W)
pub(in crate::sandbox) fn query_value(query: &str, name: &str) -> Option<String> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.eq_ignore_ascii_case(name)
            .then(|| decode(&value.replace('+', " ")))
            .flatten()
    })
}

/// Undoes percent-encoding; `None` when it is broken or no UTF-8.
pub(in crate::sandbox) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, tail)) = rest.split_first() {
        rest = tail;
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let (digits, tail) = rest.split_at_checked(2)?;
        let digits = std::str::from_utf8(digits).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = tail;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

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
