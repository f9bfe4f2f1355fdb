//! `indexer`: a document in an index, of fields of the match.

use super::{Failed, Message};
use crate::options::Options;
use crate::search::client::{Client, Connection};
use crate::text::python;
use crate::url::in_path;
use serde_json::{Map, Value};

/// A value: of a field where a text names one, or itself; a list of `name` and `value` becomes a mapping.
fn filled(m: &Message<'_>, value: &Value) -> Option<Value> {
    match value {
        // A text that is empty is left out, as a field that is not there.
        Value::String(s) => m.field(s).or_else(|| Some(s.as_str().into())),
        Value::Object(map) => Some(Value::Object(map.iter().filter_map(|(k, v)| Some((k.clone(), filled(m, v)?))).collect())),
        Value::Array(items) if items.iter().all(|i| i.get("name").is_some()) => {
            Some(Value::Object(items.iter().filter_map(|i| Some((python::str(i.get("name")?), filled(m, i.get("value")?)?))).collect()))
        }
        other => Some(other.clone()),
    }
}

pub(super) fn send(m: &Message<'_>) -> Result<(), Failed> {
    let connection = Options(m.options.map("indexer_connection").cloned().ok_or_else(|| Failed::new("`indexer_connection` is missing"))?);
    let index = connection.some_text("indexer_alerts_name").ok_or_else(|| Failed::new("`indexer_alerts_name` is missing"))?;
    let mut doc: Map<String, Value> = Map::new();
    doc.insert("@timestamp".into(), crate::time::iso(jiff::Timestamp::now()).into());
    for (key, value) in m.options.map("indexer_alert_config").into_iter().flatten() {
        if let Some(v) = filled(m, value) {
            doc.insert(key.clone(), v);
        }
    }
    // A signature has the rights of this machine, whatever host it is for.
    let is_signed = ["aws_region", "profile"].iter().any(|n| connection.get(n).is_some());
    if is_signed && m.rule.guard.is_on() && (m.rule.guard.is_trial() || m.rule.by_clients.contains("indexer_connection")) {
        return Err(Failed::new(
            "the AWS credentials of this machine are not for rules of clients: give `indexer_connection` a user or an API key in place of `aws_region` and `profile`, or set it in the configuration",
        ));
    }
    let reached = Connection::new(&connection)?;
    reached.admit(m.rule, "indexer_connection")?;
    let client = Client::new(reached)?;
    // By the alert's id: what is sent twice is there once.
    let path = format!("{}/_doc/{}?refresh=true", in_path(&index), m.id);
    client.call("PUT", &path, Some(&Value::Object(doc))).map(|_| ()).map_err(|e| Failed::new(e.to_string()))
}
