//! Prints the reasons of a match.

use serde_json::{Value, json};
use sigmalert_matcher::Reason;

/// Returns a reason as JSON.
pub(super) fn reason_json(r: &Reason) -> Value {
    let mut out = json!({"field": r.field, "test": r.test, "value": r.value});
    if r.negated {
        out["negated"] = true.into();
    }
    out
}

/// Returns a reason as text.
pub(super) fn reason_text(r: &Reason) -> String {
    let field = r.field.as_deref().unwrap_or("any field");
    let not = if r.negated { "not " } else { "" };
    match &r.value {
        Some(v) => format!("{field} {not}{}: {}", r.test, escape_control(v)),
        None => format!("{field} {not}{}: no value", r.test),
    }
}

/// Escapes control characters, which would move a terminal's cursor or change its colours.
pub(super) fn escape_control(value: &str) -> String {
    value.chars().map(|c| if c.is_control() { c.escape_debug().to_string() } else { c.to_string() }).collect()
}
