//! `post` and `post2`: any HTTP receiver, one request a match.

use super::http::Http;
use super::{Failed, Message};
use crate::lookup::{Document, lookup};
use crate::text::python;
use serde_json::{Map, Value};

/// Sends a payload to each address, with its headers.
fn to_all(m: &Message<'_>, prefix: &str, payload: &Document, headers: &[(String, String)], at: usize) -> Result<(), Failed> {
    let mut http = Http::of(m, prefix).header("accept", "application/json;charset=utf-8");
    if at > 0 {
        // Each match of an aggregation is a request of its own.
        http = http.header("x-alert-id", &format!("{}-{at}", m.id));
    }
    for (name, value) in headers {
        http = http.header(name, value);
    }
    for url in m.options.texts(&format!("{prefix}_url")) {
        http.post(&url, &Value::Object(payload.clone()))?;
    }
    Ok(())
}

pub(super) fn post(m: &Message<'_>) -> Result<(), Failed> {
    let fields = m.options.map("http_post_payload").cloned().unwrap_or_default();
    let headers: Vec<(String, String)> =
        m.options.map("http_post_headers").into_iter().flatten().map(|(k, v)| (k.clone(), python::str(v))).collect();
    for (at, doc) in m.matches.iter().enumerate() {
        let mut payload = if m.options.flag("http_post_all_values", fields.is_empty()) { doc.clone() } else { Document::new() };
        payload.extend(m.options.map("http_post_static_payload").cloned().unwrap_or_default());
        for (key, field) in &fields {
            payload.insert(key.clone(), lookup(doc, &python::str(field)).map_or(Value::Null, std::borrow::Cow::into_owned));
        }
        to_all(m, "http_post", &payload, &headers, at)?;
    }
    Ok(())
}

/// A value whose texts stand in JSON without ending it.
fn in_json(value: &Value) -> Value {
    match value {
        Value::String(s) => inside(s).into(),
        Value::Array(items) => items.iter().map(in_json).collect(),
        Value::Object(map) => Value::Object(map.iter().map(|(k, v)| (inside(k), in_json(v))).collect()),
        other => other.clone(),
    }
}

fn inside(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn rendered(m: &Message<'_>, doc: &Document, option: &str) -> Result<Map<String, Value>, Failed> {
    let template = match m.options.get(option) {
        None => return Ok(Map::new()),
        Some(Value::String(s)) => s.clone(),
        Some(other) => other.to_string(),
    };
    let escaped = in_json(&Value::Object(doc.clone()));
    let mut values = escaped.as_object().cloned().unwrap_or_default();
    values.insert(m.options.text_or("jinja_root_name", "_data"), escaped);
    let text = super::text::render(&template, &Value::Object(values))?;
    match serde_json::from_str(&text) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(Failed::new(format!("`{option}` makes no mapping"))),
        Err(e) => Err(Failed::new(format!("`{option}` makes what is no JSON: {e}"))),
    }
}

pub(super) fn post2(m: &Message<'_>) -> Result<(), Failed> {
    for (at, doc) in m.matches.iter().enumerate() {
        let all = m.options.flag("http_post2_all_values", !m.options.get("http_post2_payload").is_some_and(python::truthy));
        let mut payload = if all { doc.clone() } else { Document::new() };
        payload.extend(rendered(m, doc, "http_post2_payload")?);
        let mut headers = Vec::new();
        for (name, value) in rendered(m, doc, "http_post2_headers")? {
            if value.is_null() || value.is_array() || value.is_object() {
                return Err(Failed::new(format!(
                    "the header `{name}` is {}, not a text",
                    if value.is_null() { "null" } else { "a list or mapping" }
                )));
            }
            headers.push((name, python::str(&value)));
        }
        for (key, field) in m.options.map("http_post2_raw_fields").into_iter().flatten() {
            payload.insert(key.clone(), lookup(doc, &python::str(field)).map_or(Value::Null, std::borrow::Cow::into_owned));
        }
        to_all(m, "http_post2", &payload, &headers, at)?;
    }
    Ok(())
}
