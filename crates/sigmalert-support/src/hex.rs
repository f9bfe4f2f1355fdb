//! Formats digests.

use std::fmt::Write as _;

/// Returns two lower-case hexadecimal digits per byte.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, b| {
        _ = write!(out, "{b:02x}");
        out
    })
}
