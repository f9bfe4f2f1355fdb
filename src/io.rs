//! Errors of the file system in words.

use std::io;

/// An I/O error without the number and the path that Rust and its libraries add.
pub fn reason(e: &io::Error) -> String {
    let text = e.to_string();
    match text.find(" (os error") {
        Some(at) => text[..at].to_lowercase(),
        None => text,
    }
}
