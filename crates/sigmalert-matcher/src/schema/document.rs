//! Builds JSON documents.

use serde_json::{Map, Value};

/// A JSON object under construction.
#[derive(Debug, Default)]
pub(super) struct Document(Map<String, Value>);

impl Document {
    /// Sets a value; dots in the name separate nested objects.
    pub fn put(&mut self, name: &str, value: impl Into<Value>) {
        let mut at = &mut self.0;
        let mut parts = name.split('.').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                at.insert(part.to_owned(), value.into());
                return;
            }
            let next = at.entry(part).or_insert_with(|| Value::Object(Map::new()));
            if !next.is_object() {
                *next = Value::Object(Map::new());
            }
            let Value::Object(next) = next else { return };
            at = next;
        }
    }

    /// Sets a value in an object; dots in the name are part of the key.
    pub fn put_in(&mut self, object: &str, name: &str, value: impl Into<Value>) {
        let at = self.object(object);
        at.insert(name.to_owned(), value.into());
    }

    /// Sets a text, unless it is missing or empty.
    pub fn text(&mut self, name: &str, value: Option<&str>) {
        if let Some(v) = value.filter(|v| !v.is_empty()) {
            self.put(name, v);
        }
    }

    /// Sets an integer, if the text is one.
    pub fn number(&mut self, name: &str, value: Option<&str>) {
        if let Some(n) = value.and_then(whole) {
            self.put(name, n);
        }
    }

    /// Adds a value to an array, unless it is empty or already there.
    pub fn add(&mut self, name: &str, value: &str) {
        if value.is_empty() {
            return;
        }
        let (object, key) = name.rsplit_once('.').unwrap_or(("", name));
        let list = self.object(object).entry(key).or_insert_with(|| Value::Array(vec![]));
        if let Value::Array(items) = list
            && !items.iter().any(|i| i == value)
        {
            items.push(value.into());
        }
    }

    fn object(&mut self, name: &str) -> &mut Map<String, Value> {
        let mut at = &mut self.0;
        for part in name.split('.').filter(|p| !p.is_empty()) {
            let next = at.entry(part).or_insert_with(|| Value::Object(Map::new()));
            if !next.is_object() {
                *next = Value::Object(Map::new());
            }
            at = next.as_object_mut().expect("set above");
        }
        at
    }

    pub fn finish(self) -> Value {
        Value::Object(self.0)
    }
}

/// Parses a decimal integer, or a hexadecimal one with `0x`.
pub(super) fn whole(text: &str) -> Option<i64> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => i64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}
