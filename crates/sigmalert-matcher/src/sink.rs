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
#[non_exhaustive]
pub struct DocumentError {
    /// What is wrong.
    pub kind: DocumentErrorKind,
    /// The byte offset, from 0; nothing if the document as a whole is wrong.
    pub at: Option<usize>,
}

/// What is wrong with a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DocumentErrorKind {
    /// It is not a JSON object.
    NotAnObject,
    /// It is larger than 1 GiB.
    TooLarge,
    /// It is nested more than 128 levels deep.
    TooDeep,
    /// It is not valid UTF-8.
    InvalidUtf8,
    /// It is not valid JSON, with a description of the error.
    InvalidJson(&'static str),
}

impl DocumentErrorKind {
    /// Returns the stable code of the error.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotAnObject => "not-an-object",
            Self::TooLarge => "too-large",
            Self::TooDeep => "too-deep",
            Self::InvalidUtf8 => "invalid-utf8",
            Self::InvalidJson(_) => "invalid-json",
        }
    }
}

impl fmt::Display for DocumentErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAnObject => "the document is not a JSON object",
            Self::TooLarge => "the document is larger than 1 GiB",
            Self::TooDeep => "the document is nested more than 128 levels deep",
            Self::InvalidUtf8 => "the document is not valid UTF-8",
            Self::InvalidJson(description) => description,
        })
    }
}

impl DocumentError {
    pub(super) fn new(kind: DocumentErrorKind) -> Self {
        Self { kind, at: None }
    }

    pub(super) fn at(kind: DocumentErrorKind, at: usize) -> Self {
        Self { kind, at: Some(at) }
    }

    /// Returns the stable code of the error.
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(at) => write!(f, "{} at byte {}", self.kind, at + 1),
            None => self.kind.fmt(f),
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
