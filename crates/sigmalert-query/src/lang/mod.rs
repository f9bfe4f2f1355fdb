//! The query languages: each prints an expression in index meaning, and reads its own text back.
//!
//! Printers take what [`crate::lower::lower`] made; they are exact or refuse. A refusal is a
//! [`PrintError`] that names the field, the limit and the nearest way out.

pub mod compact;
pub mod dsl;
mod groups;
pub mod kql;
mod limits;
pub mod lucene;
mod values;

pub use limits::Limits;

use crate::{Expr, FieldName};

/// A query language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// Lucene as `query_string` of Elasticsearch and `OpenSearch` has it.
    Lucene,
    /// Kibana Query Language.
    Kql,
    /// Query DSL: a JSON query body.
    Dsl,
}

impl Language {
    /// The name users know.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lucene => "Lucene query_string",
            Self::Kql => "KQL",
            Self::Dsl => "Query DSL",
        }
    }
}

/// An expression that a language cannot say, or that the index would refuse.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{language} cannot express this: {what}", language = .language.name())]
pub struct PrintError {
    /// Which kind of error it is.
    pub kind: PrintErrorKind,
    /// The language.
    pub language: Language,
    /// The field it is about; empty when it is about the whole query.
    pub field: String,
    /// What cannot be said.
    pub what: String,
    /// The nearest way out.
    pub help: String,
}

/// The kind of a [`PrintError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PrintErrorKind {
    /// The language has no form for it.
    Unsupported,
    /// It exceeds one of the [`Limits`] of the index.
    TooLarge,
}

impl PrintError {
    pub(crate) fn new(language: Language, field: Option<&FieldName>, what: impl Into<String>, help: impl Into<String>) -> Self {
        let field = field.map_or_else(String::new, ToString::to_string);
        Self { kind: PrintErrorKind::Unsupported, language, field, what: what.into(), help: help.into() }
    }

    /// The same error, of a query that exceeds a limit of the index.
    pub(crate) fn too_large(self) -> Self {
        Self { kind: PrintErrorKind::TooLarge, ..self }
    }
}

/// A text that is not a query, or one that goes beyond what an [`Expr`] can hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}", if *.at == 0 { String::new() } else { format!(" at character {at}") })]
pub struct ParseError {
    /// What is wrong.
    pub message: String,
    /// The character where, counted from 1; 0 where the message says the place.
    pub at: usize,
}

/// How deep a query may nest before it is refused: far beyond what anyone writes, and safe for the stack.
pub(crate) const MAX_DEPTH: usize = 100;

/// `n` of `items` written out as alternatives, where that stays small.
pub(crate) fn expand_at_least(n: u32, items: &[Expr], limit: usize) -> Option<Expr> {
    let n = n as usize;
    let mut choices: Vec<Vec<usize>> = vec![vec![]];
    for i in 0..items.len() {
        let mut longer: Vec<Vec<usize>> = choices.iter().filter(|c| c.len() < n).map(|c| c.iter().copied().chain([i]).collect()).collect();
        choices.append(&mut longer);
        if choices.len() > limit * 8 {
            return None;
        }
    }
    choices.retain(|c| c.len() == n);
    // In the order of the items.
    choices.sort();
    (choices.len() <= limit)
        .then(|| Expr::any(choices.into_iter().map(|c| Expr::all(c.into_iter().map(|i| items[i].clone()).collect())).collect()))
}
