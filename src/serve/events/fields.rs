//! The field mapping of events, as Elasticsearch would infer it.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

/// The maximum depth of objects, and the maximum number of fields.
const MAX_DEPTH: usize = 20;
const MAX_FIELDS: usize = 10_000;

/// Fields with their types.
#[derive(Debug, Default)]
pub(super) struct Fields {
    kinds: IndexMap<String, &'static str>,
}

impl Fields {
    /// Takes in a document.
    pub fn add(&mut self, doc: &Map<String, Value>) {
        self.walk("", doc, 0);
    }

    fn walk(&mut self, path: &str, map: &Map<String, Value>, depth: usize) {
        for (key, value) in map {
            let name = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            self.value(name, value, depth);
        }
    }

    fn value(&mut self, name: String, value: &Value, depth: usize) {
        let kind = match value {
            Value::Object(m) if depth < MAX_DEPTH => return self.walk(&name, m, depth + 1),
            Value::Array(items) => {
                if let Some(first) = items.iter().find(|i| !i.is_null()) {
                    self.value(name, first, depth + 1);
                }
                return;
            }
            Value::Null | Value::Object(_) => return,
            Value::Bool(_) => "boolean",
            Value::Number(n) if n.is_f64() => "double",
            Value::Number(_) => "long",
            Value::String(s) if super::TIME_FIELDS.contains(&name.as_str()) && sigmalert_runtime::parse_time(s).is_ok() => "date",
            Value::String(_) => "keyword",
        };
        let full = self.kinds.len() >= MAX_FIELDS;
        match self.kinds.get_mut(&name) {
            // What is a number here and a text there is a text.
            Some(known) if *known != kind => *known = if kind == "double" && *known == "long" { "double" } else { "keyword" },
            Some(_) => {}
            None if full => {}
            None => _ = self.kinds.insert(name, kind),
        }
    }

    /// As `GET index/_mapping` has them below `mappings`.
    pub fn mapping(&self) -> Value {
        let mut root = json!({});
        for (name, kind) in &self.kinds {
            let mut at = &mut root;
            let mut parts = name.split('.').peekable();
            while let Some(part) = parts.next() {
                if parts.peek().is_some() {
                    at = &mut at["properties"][part];
                } else if at["properties"][part].is_null() {
                    at["properties"][part] = json!({"type": kind});
                }
            }
        }
        root
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_fields() {
        let mut fields = Fields::default();
        for doc in [
            json!({"@timestamp": "2026-01-01T00:00:00Z", "a": {"b": 1, "c": [true]}, "x.y": "z", "n": 1}),
            json!({"a": {"b": "text"}, "n": 1.5, "e": {}, "l": []}),
        ] {
            fields.add(doc.as_object().unwrap());
        }
        assert_eq!(
            fields.mapping(),
            json!({"properties": {
                "@timestamp": {"type": "date"},
                "a": {"properties": {"b": {"type": "keyword"}, "c": {"type": "boolean"}}},
                "x": {"properties": {"y": {"type": "keyword"}}},
                "n": {"type": "double"},
            }})
        );
    }
}
