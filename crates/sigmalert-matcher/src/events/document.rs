//! Documents of events, read once.

use crate::explain::Verdict;
use crate::matcher::Matcher;
use crate::picker::{PickedFields, Picker};
use crate::scratch::Scratch;
use crate::sink::DocumentError;
use serde_json::Value;
use sigmalert_query::Expr;
use std::borrow::Cow;

/// A document as JSON text or as a parsed value, in whichever form it was read or made.
#[derive(Debug, Clone)]
pub enum EventDocument<'b> {
    /// JSON text, not yet validated.
    Text(&'b [u8]),
    /// A parsed value.
    Value(Cow<'b, Value>),
}

impl EventDocument<'_> {
    /// Returns the JSON text.
    pub fn to_json(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Value(v) => Cow::Owned(v.to_string().into_bytes()),
        }
    }

    /// Returns the parsed value.
    ///
    /// # Errors
    /// If the text is not valid JSON.
    pub fn into_value(self) -> serde_json::Result<Value> {
        match self {
            Self::Text(text) => serde_json::from_slice(text),
            Self::Value(v) => Ok(v.into_owned()),
        }
    }

    /// Returns the indices of the expressions of a matcher that match, in ascending order.
    ///
    /// # Errors
    /// As for [`Matcher::matches`].
    pub fn matches<'s>(&self, matcher: &Matcher, scratch: &'s mut Scratch) -> Result<&'s [usize], DocumentError> {
        match self {
            Self::Text(text) => matcher.matches(text, scratch),
            Self::Value(v) => matcher.matches_value(v, scratch),
        }
    }

    /// Explains why the expression at an index of a matcher matches or not. `expr` is that expression.
    ///
    /// # Errors
    /// As for [`Matcher::matches`].
    pub fn explain(&self, matcher: &Matcher, rule: usize, expr: &Expr, scratch: &mut Scratch) -> Result<Verdict, DocumentError> {
        match self {
            Self::Text(text) => matcher.explain(rule, expr, text, scratch),
            Self::Value(v) => matcher.explain_value(rule, expr, v, scratch),
        }
    }

    /// Extracts the first value of each field of a picker.
    pub fn pick(&self, picker: &Picker) -> PickedFields {
        match self {
            Self::Text(text) => picker.pick(text),
            Self::Value(v) => picker.pick_value(v),
        }
    }
}
