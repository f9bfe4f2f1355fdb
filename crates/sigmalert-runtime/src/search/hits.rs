//! Documents of answers: time read, fields folded in, keys of several fields joined.

use crate::lookup::{Document, lookup};
use crate::rule::RunRule;
use crate::rule_types::Event;
use crate::text::python;
use crate::time::iso;
use jiff::Timestamp;
use serde_json::Value;
use std::sync::Arc;

/// The events of a page. What is no document with a time is told and left out.
pub(crate) fn events(rule: &RunRule, hits: &mut Value) -> Vec<Event> {
    let Some(Value::Array(hits)) = hits.get_mut("hits").map(Value::take) else { return Vec::new() };
    hits.into_iter().filter_map(|hit| event(rule, hit)).collect()
}

fn event(rule: &RunRule, hit: Value) -> Option<Event> {
    let Value::Object(mut hit) = hit else { return None };
    let mut doc = match hit.remove("_source") {
        Some(Value::Object(d)) => d,
        _ => Document::new(),
    };
    if let Some(Value::Object(fields)) = hit.remove("fields") {
        for (key, value) in fields {
            // Values of `fields` come as lists, even of one.
            let value = match value {
                Value::Array(mut items) if items.len() == 1 => items.remove(0),
                v => v,
            };
            doc.entry(key).or_insert(value);
        }
    }
    for name in ["_id", "_index", "_type"] {
        if let Some(v) = hit.remove(name) {
            doc.insert(name.into(), v);
        }
    }
    let field = &rule.rule.timestamp.field;
    let told = lookup(&doc, field).and_then(|v| rule.form.parse(&v));
    // The index knows the time by which it sorted, whatever form the document has it in.
    let sorted = || hit.get("sort").and_then(|s| s.get(0)).and_then(Value::as_i64).and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let Some(at) = told.or_else(sorted) else {
        tracing::warn!(rule = rule.rule.name, id = ?doc.get("_id"), field, "a document has no time that can be read in the timestamp_field");
        return None;
    };
    finish(rule, &mut doc, at);
    Some(Event { at, doc: Arc::new(doc) })
}

/// Writes the time as ISO 8601, and the fields that a rule groups by as one.
pub(crate) fn finish(rule: &RunRule, doc: &mut Document, at: Timestamp) {
    set(doc, &rule.rule.timestamp.field, iso(at).into());
    for keys in &rule.compounds {
        let values: Vec<String> = keys.iter().map(|k| lookup(doc, k).map_or_else(|| "None".into(), |v| python::str(&v))).collect();
        doc.insert(keys.join(","), values.join(", ").into());
    }
}

/// Puts a value where a field stands in a document, or at its top.
fn set(doc: &mut Document, field: &str, value: Value) {
    if let Some(v) = doc.get_mut(field) {
        *v = value;
        return;
    }
    let mut end = field.len();
    while let Some(at) = field[..end].rfind('.') {
        if let Some(Value::Object(inner)) = doc.get_mut(&field[..at]) {
            return set(inner, &field[at + 1..], value);
        }
        end = at;
    }
    doc.insert(field.to_owned(), value);
}
