//! YAML with positions: the tree every rule file is read into, and the writer of the files we print.
//!
//! The tree keeps what a typed deserialiser throws away and what Sigma and ElastAlert need: the order of
//! keys, the place of every node (for messages), whether a scalar was quoted (`'4688'` is text, `4688` a
//! number) and the source text of dates. Input is untrusted, so size, depth, the number of nodes and the
//! expansion of aliases are bounded by [`Limits`].
//!
//! Scalars resolve by the core schema of YAML 1.2: `yes`, `no`, `on` and `off` are text, a date is text.

mod emit;
mod parse;
mod scalar;

pub use emit::{Value, to_string as emit};
pub use parse::{Dialect, Limits, parse_all, parse_as};
pub use scalar::Scalar;

use std::borrow::Cow;
use std::fmt;

/// A place in a text: line and column, both counted from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Pos {
    /// Line, counted from 1; 0 when the place is not known.
    pub line: u32,
    /// Column in characters, counted from 1; 0 when the place is not known.
    pub column: u32,
}

impl Pos {
    /// True when the position names a real place.
    pub fn is_known(self) -> bool {
        self.line > 0
    }
}

impl fmt::Display for Pos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// One node of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Node<'a> {
    /// Where the node begins.
    pub pos: Pos,
    /// What it holds.
    pub kind: Kind<'a>,
}

/// The content of a [`Node`].
#[derive(Debug, Clone, PartialEq)]
pub enum Kind<'a> {
    /// A scalar, resolved.
    Scalar(Scalar<'a>),
    /// A sequence.
    Seq(Vec<Node<'a>>),
    /// A mapping in source order. Keys are unique.
    Map(Vec<(Key<'a>, Node<'a>)>),
}

/// The key of a mapping entry: always text, as in Sigma and ElastAlert.
#[derive(Debug, Clone, PartialEq)]
pub struct Key<'a> {
    /// Where the key begins.
    pub pos: Pos,
    /// Its text.
    pub text: Cow<'a, str>,
}

impl<'a> Node<'a> {
    /// The entries when this is a mapping.
    pub fn as_map(&self) -> Option<&[(Key<'a>, Node<'a>)]> {
        match &self.kind {
            Kind::Map(m) => Some(m),
            _ => None,
        }
    }

    /// The elements when this is a sequence.
    pub fn as_seq(&self) -> Option<&[Node<'a>]> {
        match &self.kind {
            Kind::Seq(s) => Some(s),
            _ => None,
        }
    }

    /// The scalar when this is one.
    pub fn as_scalar(&self) -> Option<&Scalar<'a>> {
        match &self.kind {
            Kind::Scalar(s) => Some(s),
            _ => None,
        }
    }

    /// The text of a scalar other than null: a string as it is, a number or boolean as it was written.
    pub fn text(&self) -> Option<&str> {
        self.as_scalar().and_then(Scalar::text)
    }

    /// True for null.
    pub fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Scalar(Scalar::Null))
    }

    /// The value under `key` of a mapping.
    pub fn get(&self, key: &str) -> Option<&Node<'a>> {
        self.as_map()?.iter().find(|(k, _)| k.text == key).map(|(_, v)| v)
    }

    /// Describes the kind of node, for messages.
    pub fn describe(&self) -> &'static str {
        match &self.kind {
            Kind::Map(_) => "a mapping",
            Kind::Seq(_) => "a list",
            Kind::Scalar(s) => s.describe(),
        }
    }

    /// The node without ties to the source text.
    pub fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Scalar(Scalar::Null) => Value::Null,
            Kind::Scalar(Scalar::Bool(b, _)) => Value::Bool(*b),
            Kind::Scalar(Scalar::Int(i, _)) => Value::Int(*i),
            Kind::Scalar(Scalar::Float(f, _)) => Value::Float(*f),
            Kind::Scalar(Scalar::Str(s)) => Value::Str(s.to_string()),
            Kind::Seq(s) => Value::List(s.iter().map(Node::to_value).collect()),
            Kind::Map(m) => Value::Map(m.iter().map(|(k, v)| (k.text.to_string(), v.to_value())).collect()),
        }
    }
}

/// Why a text is not YAML that we accept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// What is wrong.
    pub message: String,
    /// Where.
    pub pos: Pos,
    /// What to do about it, where there is something to say.
    pub help: Option<String>,
}
