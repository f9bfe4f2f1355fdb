//! TheHive 3, 4 and 5.
//!
//! `hive_connection` takes `hive_api_version: 1` for TheHive 5's own interface (`/api/v1/alert`, `observables`); without it the
//! one that all of them have is used, as ElastAlert does. `sourceRef` is the alert's id, so that an alert that is sent twice
//! is refused as the duplicate that it is, where ElastAlert makes another alert.

use super::http::Http;
use super::text::as_is;
use super::{Failed, Message};
use crate::lookup::Document;
use crate::options::Options;
use crate::text::format::{Arguments, format_any};
use crate::text::python;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// What the first alert would find missing.
pub(super) fn check(options: &Options) -> Result<(), String> {
    let config = options.map("hive_alert_config").ok_or("`hive_alert_config` is a mapping")?;
    for key in ["type", "source"] {
        if !config.contains_key(key) {
            return Err(format!("`hive_alert_config` has no `{key}`, which TheHive requires"));
        }
    }
    if config.get("customFields").is_some_and(|c| !c.is_array()) {
        return Err("`customFields` of `hive_alert_config` is a list of `name`, `type` and `value`".into());
    }
    Ok(())
}

fn artifacts(m: &Message<'_>, doc: &Document) -> Vec<Value> {
    let mut out = Vec::new();
    for mapping in m.options.list("hive_observable_data_mapping") {
        let Some((kind, field)) =
            mapping.as_object().and_then(|o| o.iter().find(|(k, _)| !["tlp", "message", "tags"].contains(&k.as_str())))
        else {
            continue;
        };
        let data = m.field_of(doc, &python::str(field)).map(|v| python::str(&v)).unwrap_or_default();
        if data.is_empty() {
            continue;
        }
        let of = |key: &str, default: Value| mapping.get(key).filter(|v| !v.is_null()).cloned().unwrap_or(default);
        out.push(json!({
            "tlp": of("tlp", 2.into()), "tags": of("tags", json!([])), "message": of("message", Value::Null), "dataType": kind, "data": data,
        }));
    }
    out
}

fn tags(m: &Message<'_>, names: &[Value]) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for doc in m.matches {
        for name in names {
            match m.field_of(doc, &python::str(name)).unwrap_or_else(|| name.clone()) {
                Value::Array(items) => out.extend(items.iter().map(python::str)),
                v => {
                    out.insert(python::str(&v));
                }
            }
        }
    }
    out
}

/// A text with `{}` filled by the fields that `<key>_args` names.
fn fill(m: &Message<'_>, config: &mut Map<String, Value>, key: &str) -> Result<(), Failed> {
    let missing = config.remove(&format!("{key}_missing_value")).map_or_else(|| "<MISSING VALUE>".to_owned(), |v| python::str(&v));
    let Some(Value::Array(args)) = config.remove(&format!("{key}_args")) else { return Ok(()) };
    let values: Vec<Value> = args.iter().map(|a| m.field(&python::str(a)).unwrap_or_else(|| missing.as_str().into())).collect();
    let template = config.get(key).map(python::str).unwrap_or_default();
    config.insert(key.to_owned(), format_any(&template, &Arguments::Positional(&values), &missing)?.into());
    Ok(())
}

pub(super) fn send(m: &Message<'_>) -> Result<(), Failed> {
    let connection = Options(m.options.map("hive_connection").cloned().unwrap_or_default());
    let newest = connection.count("hive_api_version") == Some(1);
    let mut config: Map<String, Value> = Map::new();
    config.insert("date".into(), (jiff::Timestamp::now().as_second() * 1000).into());
    config.insert("description".into(), m.body(as_is)?.into());
    config.insert("sourceRef".into(), m.id.into());
    config.insert("title".into(), m.plain_title(as_is)?.into());
    config.insert("tags".into(), json!([]));
    config.extend(m.options.map("hive_alert_config").cloned().unwrap_or_default());
    let names = config.get("tags").and_then(Value::as_array).cloned().unwrap_or_default();
    config.insert("tags".into(), tags(m, &names).into_iter().collect());
    let mut found: Vec<Value> = Vec::new();
    for artifact in m.matches.iter().flat_map(|doc| artifacts(m, doc)) {
        // TheHive refuses an alert with the same observable twice.
        if !found.contains(&artifact) {
            found.push(artifact);
        }
    }
    config.insert(if newest { "observables" } else { "artifacts" }.into(), found.into());
    let custom = match config.remove("customFields") {
        Some(Value::Array(c)) => c,
        _ => vec![],
    };
    let value = |field: &Value| match field.get("value") {
        Some(Value::String(s)) => m.field(s).unwrap_or_else(|| s.as_str().into()),
        v => v.cloned().unwrap_or(Value::Null),
    };
    let text = |field: &Value, key: &str| field.get(key).map(python::str).unwrap_or_default();
    let fields: Value = if newest {
        custom.iter().enumerate().map(|(i, f)| json!({"name": text(f, "name"), "value": value(f), "order": i})).collect()
    } else {
        Value::Object(custom.iter().enumerate().map(|(i, f)| (text(f, "name"), json!({"order": i, text(f, "type"): value(f)}))).collect())
    };
    config.insert("customFields".into(), fields);
    for key in ["description", "title", "type", "source"] {
        fill(m, &mut config, key)?;
    }
    let host = connection.text_or("hive_host", "http://localhost");
    let url =
        format!("{}:{}/api/{}alert", host.trim_end_matches('/'), connection.text_or("hive_port", "9000"), if newest { "v1/" } else { "" });
    let scheme = url.split("://").next().unwrap_or("http").to_owned();
    let proxy = connection.map("hive_proxies").and_then(|p| p.get(&scheme)).map(python::str);
    // Unlike ElastAlert, who answers is checked unless the rule says otherwise.
    let mut http = Http::of(m, "hive").through(proxy).header("authorization", &format!("Bearer {}", connection.text_or("hive_apikey", "")));
    http = http.verified(connection.flag("hive_verify", true));
    match http.post(&url, &Value::Object(config)) {
        // It was sent before, and the answer was lost.
        Err(e) if e.message.contains("already exist") => Ok(()),
        other => other.map(|_| ()),
    }
}
