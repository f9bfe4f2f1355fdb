//! What the readers of documents have in common.

use std::fmt;

/// The maximum depth of nested objects and arrays.
pub(super) const MAX_DEPTH: u32 = 128;

/// The type of a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueKind {
    Text,
    /// A number, as written.
    Number,
    /// `true` or `false`.
    Bool,
    /// An object, of which only its existence is known.
    Object,
}

/// A document that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentError {
    /// What is wrong.
    pub message: &'static str,
    /// The byte offset, from 0; nothing for a document that was parsed elsewhere.
    pub at: Option<usize>,
}

impl DocumentError {
    pub(super) fn new(message: &'static str) -> Self {
        Self { message, at: None }
    }
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(at) => write!(f, "{} at byte {}", self.message, at + 1),
            None => f.write_str(self.message),
        }
    }
}

impl std::error::Error for DocumentError {}

/// Receives the values of a document.
pub(super) trait Sink {
    /// A value of a field that a rule uses. `text` has no escapes; `listed` is true for elements of an array.
    fn value(&mut self, field: u32, kind: ValueKind, text: &[u8], listed: bool);
    /// A value of any field. `path` is the name of the field, if names are wanted.
    fn any(&mut self, kind: ValueKind, text: &[u8], path: &[u8]);
}
