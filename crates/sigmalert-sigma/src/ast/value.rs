//! Values of detection items.

use super::number::Number;
use crate::yaml::{self, Scalar};
use std::fmt;

/// A value as the rule has it: nothing is interpreted before the modifiers are known.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`: the field has no value.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number with its usual text: `31` for `0x1F`. (Boxed: nearly all values are text, and there are many.)
    Number(Box<(Number, String)>),
    /// Text, before Sigma's own escapes.
    Text(String),
}

impl Value {
    pub(crate) fn from_scalar(scalar: &Scalar<'_>) -> Self {
        match scalar {
            Scalar::Null => Self::Null,
            Scalar::Bool(b, _) => Self::Bool(*b),
            Scalar::Int(i, _) => Self::Number(Box::new(((*i).into(), i.to_string()))),
            Scalar::Float(f, text) => match Number::from_f64(*f) {
                Some(n) => Self::Number(Box::new((n, yaml::emit(&yaml::Value::Float(*f)).trim_end().to_owned()))),
                None => Self::Text(text.to_string()),
            },
            Scalar::Str(s) => Self::Text(s.to_string()),
        }
    }

    /// The text of the value; nothing for null.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Null => None,
            Self::Bool(true) => Some("true"),
            Self::Bool(false) => Some("false"),
            Self::Number(n) => Some(&n.1),
            Self::Text(text) => Some(text),
        }
    }

    pub(crate) fn to_yaml(&self) -> yaml::Value {
        match self {
            Self::Null => yaml::Value::Null,
            Self::Bool(b) => (*b).into(),
            Self::Number(n) => match n.0.as_int() {
                Some(i) => i.into(),
                None => n.1.parse().map_or_else(|_| n.1.clone().into(), yaml::Value::Float),
            },
            Self::Text(t) => t.clone().into(),
        }
    }

    /// The name of its type, for messages.
    pub fn describe(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(..) => "a number",
            Self::Text(_) => "text",
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text().unwrap_or("null"))
    }
}
