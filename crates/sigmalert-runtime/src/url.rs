//! Text in addresses: parts that are quoted, and addresses without their secrets.

use std::fmt::Write as _;

/// An address without what lets anyone use it: webhooks have their secret in the path.
pub(crate) fn redacted(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit_once('@').map_or(authority, |(_, h)| h);
    format!("{scheme}://{host}/…")
}

/// Percent-encoding of what is no letter, digit or one of `-_.~`.
pub(crate) fn quote(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, b| {
        use std::fmt::Write as _;
        if b.is_ascii_alphanumeric() || b"-_.~".contains(&b) {
            out.push(char::from(b));
        } else {
            let _ = write!(out, "%{b:02X}");
        }
        out
    })
}

/// An index name, or several, as part of a path.
pub fn in_path(name: &str) -> String {
    let mut out = String::new();
    for b in name.bytes() {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' | b',' | b':' | b'~' => out.push(char::from(b)),
            b => {
                let _ = write!(out, "%{b:02X}");
            }
        }
    }
    out
}
