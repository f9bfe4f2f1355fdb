//! What can be wrong with a Sigma document.

use crate::yaml::{Node, Pos};
use std::fmt;

/// Why a document, or a part of it, is not Sigma that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", Path(.path))]
pub struct Error {
    /// What it is about.
    pub kind: ErrorKind,
    /// What is wrong.
    pub message: String,
    /// The part of the document, such as `detection.selection.Image|re`; empty for the whole.
    pub path: String,
    /// Its position in the text.
    pub pos: Pos,
    /// What to do about it.
    pub help: Option<String>,
}

struct Path<'a>(&'a str);

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, "{}: ", self.0) }
    }
}

/// What an [`Error`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The text is not YAML, or goes beyond the bounds set for it.
    Yaml,
    /// An attribute of the document has the wrong shape or is missing.
    Attribute,
    /// A selection has the wrong shape.
    Detection,
    /// A modifier is unknown or not allowed in its position.
    Modifier,
    /// A value does not fit its modifiers.
    Value,
    /// A regular expression has look-around, a back-reference or recursion, which no index can run.
    UnsupportedRegex,
    /// The detection has no condition.
    MissingCondition,
    /// The condition cannot be read, or names what is not there.
    Condition,
    /// A correlation is not complete.
    Correlation,
    /// A filter is not complete.
    Filter,
    /// A reference to another document is unknown, has the wrong kind, or is cyclic.
    Reference,
    /// A placeholder has no values.
    Placeholder,
    /// A correlation, or a rule with its filters, is too large.
    Size,
}

impl ErrorKind {
    /// A word for reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::Attribute => "attribute",
            Self::Detection => "detection",
            Self::Modifier => "modifier",
            Self::Value | Self::UnsupportedRegex => "value",
            Self::Condition | Self::MissingCondition => "condition",
            Self::Correlation => "correlation",
            Self::Filter => "filter",
            Self::Reference => "reference",
            Self::Placeholder => "placeholder",
            Self::Size => "size",
        }
    }
}

impl Error {
    /// An error at a position.
    pub fn new(kind: ErrorKind, path: impl Into<String>, pos: Pos, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), path: path.into(), pos, help: None }
    }

    /// Adds how to fix it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// "expected a list, found text".
    pub(super) fn expected(kind: ErrorKind, path: impl Into<String>, node: &Node<'_>, what: &str) -> Self {
        Self::new(kind, path, node.pos, format!("expected {what}, found {}", node.describe()))
    }
}

impl From<crate::yaml::Error> for Error {
    fn from(e: crate::yaml::Error) -> Self {
        Self { kind: ErrorKind::Yaml, message: e.message, path: String::new(), pos: e.pos, help: e.help }
    }
}

/// Something odd that does not stop a document from being used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What is odd.
    pub message: String,
    /// The part of the document.
    pub path: String,
    /// Its position in the text.
    pub pos: Pos,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Path(&self.path), self.message)
    }
}
