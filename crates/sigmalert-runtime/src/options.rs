//! Options of a rule or of an alerter, looked up by name.

use super::text::python;
use serde_json::{Map, Value};
use std::time::Duration;

/// Options by name: the rule's, laid over those of the configuration.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Options(pub Map<String, Value>);

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Names only: values are passwords, too.
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Options {
    /// A value that is given and not null.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key).filter(|v| !v.is_null())
    }

    /// A text; numbers are texts, too.
    pub fn text(&self, key: &str) -> Option<String> {
        self.get(key).map(python::str)
    }

    /// A text that is not empty.
    pub fn some_text(&self, key: &str) -> Option<String> {
        self.text(key).filter(|t| !t.is_empty())
    }

    /// A text, or its default.
    pub fn text_or(&self, key: &str, default: &str) -> String {
        self.text(key).unwrap_or_else(|| default.to_owned())
    }

    /// Whether an option is on.
    pub fn flag(&self, key: &str, default: bool) -> bool {
        self.get(key).map_or(default, python::truthy)
    }

    /// A number.
    pub fn number(&self, key: &str) -> Option<f64> {
        self.get(key).and_then(|v| v.as_f64().or_else(|| v.as_str().and_then(|s| s.trim().parse().ok())))
    }

    /// A whole number, not below zero.
    pub fn count(&self, key: &str) -> Option<u64> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be at least zero")]
        self.number(key).filter(|n| *n >= 0.0).map(|n| n as u64)
    }

    /// A list of texts; a single one is a list of one.
    pub fn texts(&self, key: &str) -> Vec<String> {
        match self.get(key) {
            None => Vec::new(),
            Some(Value::Array(items)) => items.iter().map(python::str).collect(),
            Some(v) => vec![python::str(v)],
        }
    }

    /// A list; a single value is a list of one.
    pub fn list(&self, key: &str) -> Vec<Value> {
        match self.get(key) {
            None => Vec::new(),
            Some(Value::Array(items)) => items.clone(),
            Some(v) => vec![v.clone()],
        }
    }

    /// A mapping.
    pub fn map(&self, key: &str) -> Option<&Map<String, Value>> {
        self.get(key).and_then(Value::as_object)
    }

    /// A span of time.
    pub fn span(&self, key: &str) -> Option<Duration> {
        self.get(key).and_then(span)
    }
}

/// A span of time: `{minutes: 5}`.
pub(crate) fn span(value: &Value) -> Option<Duration> {
    let ms = sigmalert_elastalert::options::milliseconds(&value.clone().into())?;
    Duration::try_from_secs_f64(ms / 1000.0).ok()
}
