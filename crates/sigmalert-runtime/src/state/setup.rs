//! The writeback indices: created where they are missing, recreated where the cluster mapped them automatically.

use crate::search::client::Client;
use crate::search::failure::Failure;
use crate::url::in_path;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;

/// What [`create_indices`](crate::create_indices) did to an index.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum IndexOutcome {
    /// It was created.
    Created,
    /// It existed, with all fields.
    Unchanged,
    /// Missing fields were added.
    Completed,
    /// It was recreated, because a field had the wrong type; so many documents were kept.
    Migrated(u64),
    /// These fields have the wrong type, and it was not to be migrated.
    WrongTypes(String),
}

impl fmt::Display for IndexOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Created => f.write_str("created"),
            Self::Unchanged => f.write_str("unchanged"),
            Self::Completed => f.write_str("missing fields added"),
            Self::Migrated(n) => write!(f, "recreated with its {n} documents"),
            Self::WrongTypes(fields) => write!(f, "has fields of the wrong type ({fields}); --migrate recreates it with its documents"),
        }
    }
}

/// The indices with the fields that are looked up, as ElastAlert 2 creates them, and ours.
fn mappings(index: &str) -> Vec<(String, Value)> {
    let date = || json!({"type": "date", "format": "date_optional_time"});
    let keyword = || json!({"type": "keyword"});
    let hidden = || json!({"type": "object", "enabled": false});
    vec![
        (
            index.to_owned(),
            json!({
                "numeric_detection": true, "date_detection": false,
                "dynamic_templates": [{"strings_as_keyword": {"mapping": {"ignore_above": 1024, "type": "keyword"}, "match_mapping_type": "string"}}],
                "properties": {
                    "rule_name": keyword(), "@timestamp": date(), "alert_time": date(), "match_time": date(),
                    "match_body": hidden(), "aggregate_id": keyword(), "aggregation_key": keyword(), "alert_sent": {"type": "boolean"},
                    "sigmalert": hidden(),
                },
            }),
        ),
        (format!("{index}_status"), json!({"properties": {"rule_name": keyword(), "@timestamp": date()}})),
        (format!("{index}_silence"), json!({"properties": {"rule_name": keyword(), "until": date(), "@timestamp": date()}})),
        (format!("{index}_error"), json!({"properties": {"data": hidden(), "@timestamp": date()}})),
        (
            format!("{index}_past"),
            json!({"properties": {"rule_name": keyword(), "match_body": hidden(), "@timestamp": date(), "aggregate_id": keyword()}}),
        ),
        (
            format!("{index}_sigmalert"),
            json!({"dynamic": false, "properties": {"kind": keyword(), "rule_name": keyword(), "endtime": date(), "@timestamp": date()}}),
        ),
    ]
}

/// Creates what is missing. With `migrate` indices whose fields have other types are made anew with their documents.
///
/// # Errors
/// When the cluster refuses.
pub(crate) fn create(client: &Client, index: &str, migrate: bool) -> Result<BTreeMap<String, IndexOutcome>, Failure> {
    let mut out = BTreeMap::new();
    for (name, mapping) in mappings(index) {
        let done = one(client, &name, &mapping, migrate)?;
        out.insert(name, done);
    }
    Ok(out)
}

fn one(client: &Client, name: &str, mapping: &Value, migrate: bool) -> Result<IndexOutcome, Failure> {
    let path = in_path(name);
    let moved = format!("{name}_migrating");
    let exists = |n: &str| client.call_any("GET", &format!("{}/_mapping", in_path(n)), None);
    let (status, there) = exists(name)?;
    if status == 404 {
        make(client, name, mapping)?;
        // A migration that was cut off left the documents there.
        if exists(&moved)?.0 == 200 {
            let count = copy(client, &moved, name)?;
            client.call("DELETE", &in_path(&moved), None)?;
            return Ok(IndexOutcome::Migrated(count));
        }
        return Ok(IndexOutcome::Created);
    }
    if status >= 300 {
        return Err(Failure::Refused { status, reason: crate::search::client::reason(&there) });
    }
    let has =
        there.as_object().and_then(|m| m.values().next()).and_then(|m| m.pointer("/mappings/properties")).cloned().unwrap_or_default();
    let wanted = mapping.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let kind = |v: &Value| v.get("type").and_then(Value::as_str).unwrap_or("object").to_owned();
    let wrong: Vec<String> = wanted
        .iter()
        .filter_map(|(field, w)| has.get(field).filter(|h| kind(h) != kind(w)).map(|h| format!("{field} is {}, not {}", kind(h), kind(w))))
        .collect();
    if wrong.is_empty() {
        let missing: serde_json::Map<String, Value> = wanted.into_iter().filter(|(f, _)| has.get(f).is_none()).collect();
        if missing.is_empty() {
            return Ok(IndexOutcome::Unchanged);
        }
        client.call("PUT", &format!("{path}/_mapping"), Some(&json!({"properties": missing})))?;
        return Ok(IndexOutcome::Completed);
    }
    if !migrate {
        return Ok(IndexOutcome::WrongTypes(wrong.join(", ")));
    }
    if exists(&moved)?.0 == 200 {
        client.call("DELETE", &in_path(&moved), None)?;
    }
    make(client, &moved, mapping)?;
    copy(client, name, &moved)?;
    client.call("DELETE", &path, None)?;
    make(client, name, mapping)?;
    let count = copy(client, &moved, name)?;
    client.call("DELETE", &in_path(&moved), None)?;
    Ok(IndexOutcome::Migrated(count))
}

fn make(client: &Client, name: &str, mapping: &Value) -> Result<(), Failure> {
    match client.call("PUT", &in_path(name), Some(&json!({"mappings": mapping}))) {
        // Another instance was faster.
        Err(Failure::Refused { status: 400, reason }) if reason.contains("exists") => Ok(()),
        other => other.map(|_| ()),
    }
}

/// Copies all documents; fails unless all arrived.
fn copy(client: &Client, from: &str, to: &str) -> Result<u64, Failure> {
    client.call("POST", &format!("{}/_refresh", in_path(from)), None)?;
    let body = json!({"source": {"index": from}, "dest": {"index": to}});
    client.call("POST", "_reindex?refresh=true&wait_for_completion=true", Some(&body))?;
    let count = |n: &str| -> Result<u64, Failure> {
        let answer = client.call("GET", &format!("{}/_count", in_path(n)), None)?;
        Ok(answer.get("count").and_then(Value::as_u64).unwrap_or(0))
    };
    let (before, after) = (count(from)?, count(to)?);
    if after < before {
        return Err(Failure::Broken(format!("{after} of {before} documents of {from} came to {to}: both are left as they are")));
    }
    Ok(after)
}
