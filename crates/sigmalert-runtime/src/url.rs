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
    percent_encoded(text, b"-_.~")
}

/// An index name, or several, as part of a path.
pub fn in_path(name: &str) -> String {
    percent_encoded(name, b"-_.*,:~")
}

/// Percent-encodes all bytes but letters, digits and `kept`.
fn percent_encoded(text: &str, kept: &[u8]) -> String {
    text.bytes().fold(String::new(), |mut out, b| {
        if b.is_ascii_alphanumeric() || kept.contains(&b) {
            out.push(char::from(b));
        } else {
            let _ = write!(out, "%{b:02X}");
        }
        out
    })
}
