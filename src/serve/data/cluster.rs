//! Events, fields and ElastAlert's writeback documents, from the cluster.

use crate::serve::data::index_allowlist::IndexAllowlist;
use crate::serve::data::index_resolution::{in_paths, list, resolve};
use crate::serve::error::ApiError;
use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use sigmalert_runtime::{Cluster, ClusterFailure};
use std::time::Duration;

const FIRST_WAIT: Duration = Duration::from_millis(100);
/// With those before it some three seconds.
const LAST_WAIT: Duration = Duration::from_millis(1600);

fn failed(e: &ClusterFailure) -> ApiError {
    match e.status() {
        Some(404) => ApiError::new(StatusCode::NOT_FOUND, "indexNotFound", e.to_string()),
        Some(s @ 400..=499) => ApiError::new(StatusCode::from_u16(s).unwrap_or(StatusCode::BAD_REQUEST), "elasticsearch", e.to_string()),
        _ => ApiError::cluster(e.to_string()),
    }
}

/// Queries the cluster, and retries while the shards of a new index are not ready: a page would show an error that is gone
/// before it is read.
fn ask(cluster: &Cluster, method: &str, path: &str, body: Option<&Value>) -> Result<Value, ClusterFailure> {
    let mut wait = FIRST_WAIT;
    loop {
        match cluster.call(method, path, body) {
            Err(e) if e.status() == Some(503) && wait <= LAST_WAIT => {
                std::thread::sleep(wait);
                wait *= 2;
            }
            answer => return answer,
        }
    }
}

/// Searches the indices that a name resolves to; returns the number of hits as a plain number, which Praeco compares.
pub(in crate::serve) fn search(cluster: &Cluster, reads: &IndexAllowlist, index: &str, body: &Value) -> Result<Value, ApiError> {
    let resolved = resolve(cluster, reads, index)?;
    if resolved.names.is_empty() {
        return Ok(nothing());
    }
    let body = if body.is_null() { json!({}) } else { body.clone() };
    // Any number of names fits here, and they are read as they are.
    let lines = format!("{}\n{body}\n", json!({"index": resolved.names, "ignore_unavailable": true}));
    let mut wait = FIRST_WAIT;
    loop {
        let mut answer = cluster.lines("_msearch?rest_total_hits_as_int=true", lines.as_bytes()).map_err(|e| failed(&e))?;
        let mut one = answer.pointer_mut("/responses/0").map(Value::take).unwrap_or_default();
        let status = one.get("status").and_then(Value::as_u64).and_then(|s| u16::try_from(s).ok());
        if one.get("error").is_none() {
            if let Value::Object(o) = &mut one {
                o.remove("status");
            }
            return Ok(one);
        }
        let failure = ClusterFailure::refused(status.unwrap_or(500), &one);
        if status != Some(503) || wait > LAST_WAIT {
            return Err(failed(&failure));
        }
        std::thread::sleep(wait);
        wait *= 2;
    }
}

/// The answer of a search that has no index to look at.
pub(in crate::serve) fn nothing() -> Value {
    json!({
        "took": 0, "timed_out": false, "_shards": {"total": 0, "successful": 0, "skipped": 0, "failed": 0},
        "hits": {"total": 0, "max_score": null, "hits": []},
    })
}

/// Returns the fields of the indices that a name resolves to.
pub(in crate::serve) fn mapping(cluster: &Cluster, reads: &IndexAllowlist, index: &str) -> Result<Value, ApiError> {
    let resolved = resolve(cluster, reads, index)?;
    let mut out = Map::new();
    for names in in_paths(resolved.names.iter().map(String::as_str)) {
        if let Value::Object(some) =
            ask(cluster, "GET", &format!("{names}/_mapping?ignore_unavailable=true"), None).map_err(|e| failed(&e))?
        {
            out.extend(some);
        }
    }
    if out.is_empty() {
        return Err(ApiError::new(StatusCode::NOT_FOUND, "indexNotFound", format!("there is no index `{index}`")));
    }
    Ok(Value::Object(out))
}

/// Returns the names of indices, data streams and aliases.
pub(in crate::serve) fn indices(cluster: &Cluster, reads: &IndexAllowlist) -> Result<Value, ApiError> {
    Ok(json!(list(cluster, reads)?.names))
}

/// The rows of a table of Praeco's.
pub(in crate::serve) struct Query<'q> {
    /// `elastalert_status`, `elastalert`, `silence`, `elastalert_error` or `past_elastalert`.
    pub kind: &'q str,
    pub rule: Option<&'q str>,
    pub from: u64,
    pub size: u64,
    pub noagg: bool,
}

pub(in crate::serve) fn no_metadata(kind: &str) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "metadataNotFound", format!("there is no metadata `{kind}`"))
}

/// Says of an alert which destinations took it, and why the others did not. Praeco shows one type an alert, which in ElastAlert's
/// documents is the first destination: beside "not sent" it shows those that are not sent.
fn destinations(row: &mut Value) {
    let delivered: Vec<String> = row
        .pointer("/sigmalert/delivered")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|d| d.as_str().map(str::to_owned))
        .collect();
    let failed = row.pointer("/sigmalert/failed").and_then(Value::as_object).cloned().unwrap_or_default();
    let open = row["alert_sent"] != true && !failed.is_empty();
    let Value::Object(row) = row else { return };
    if !row.get("alert_info").is_some_and(Value::is_object) {
        row.insert("alert_info".into(), json!({}));
    }
    let Some(info) = row.get_mut("alert_info") else { return };
    if open {
        info["type"] = failed.keys().cloned().collect::<Vec<_>>().join(", ").into();
    } else if info.get("type").is_none() {
        // The page fails on a row without it.
        info["type"] = "".into();
    }
    if delivered.is_empty() && failed.is_empty() {
        return;
    }
    let sent = delivered.iter().map(|name| json!({"name": name, "sent": true}));
    let not = failed.iter().map(|(name, why)| json!({"name": name, "sent": false, "error": why}));
    let all: Vec<Value> = sent.chain(not).collect();
    row.insert("destinations".into(), all.into());
    if open && !delivered.is_empty() {
        let why = row.get("alert_exception").and_then(Value::as_str).unwrap_or_default();
        let told = format!("{why} (sent to {})", delivered.join(", "));
        row.insert("alert_exception".into(), told.into());
    }
}

/// ElastAlert's own documents, newest first: `hits` with the documents themselves in it.
pub(in crate::serve) fn metadata(cluster: &Cluster, writeback: &str, q: &Query<'_>) -> Result<Value, ApiError> {
    let (suffix, time) = match q.kind {
        "elastalert" => ("", "alert_time"),
        "elastalert_status" => ("_status", "@timestamp"),
        "silence" => ("_silence", "@timestamp"),
        "elastalert_error" => ("_error", "@timestamp"),
        "past_elastalert" => ("_past", "@timestamp"),
        other => return Err(no_metadata(other)),
    };
    let mut filter: Vec<Value> = Vec::new();
    if let Some(rule) = q.rule.filter(|_| q.kind != "elastalert_error") {
        let keys = if q.kind == "silence" { vec![rule.to_owned(), format!("{rule}._silence")] } else { vec![rule.to_owned()] };
        filter.push(json!({"terms": {"rule_name": keys}}));
    }
    let mut must_not: Vec<Value> = Vec::new();
    if q.kind == "elastalert" {
        filter.push(json!({"range": {"alert_time": {"lte": "now"}}}));
        if q.noagg {
            must_not.push(json!({"exists": {"field": "aggregate_id"}}));
        }
    }
    let body = json!({
        "from": q.from, "size": q.size,
        "query": {"bool": {"filter": filter, "must_not": must_not}},
        "sort": [{time: {"order": "desc", "unmapped_type": "date"}}],
    });
    let path = format!("{writeback}{suffix}/_search?ignore_unavailable=true&rest_total_hits_as_int=true");
    let answer = ask(cluster, "POST", &path, Some(&body)).map_err(|e| failed(&e))?;
    let mut rows: Vec<Value> =
        answer.pointer("/hits/hits").and_then(Value::as_array).into_iter().flatten().filter_map(|h| h.get("_source").cloned()).collect();
    if q.kind == "elastalert" {
        rows.iter_mut().for_each(destinations);
    }
    let total = answer.pointer("/hits/total").cloned().unwrap_or_else(|| json!(0));
    Ok(json!({"total": total, "max_score": null, "hits": rows}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_says_which_destination_failed() {
        let of = |mut row: Value| {
            destinations(&mut row);
            row
        };
        let row = of(json!({
            "alert_sent": false, "alert_info": {"type": "jira"}, "alert_exception": "telegram: 401",
            "sigmalert": {"delivered": ["jira", "slack"], "failed": {"telegram": "401"}},
        }));
        assert_eq!(
            (&row["alert_info"]["type"], &row["alert_exception"]),
            (&json!("telegram"), &json!("telegram: 401 (sent to jira, slack)"))
        );
        assert_eq!(row["destinations"][2], json!({"name": "telegram", "sent": false, "error": "401"}));
        let row = of(json!({"alert_sent": true, "alert_info": {"type": "jira"}, "sigmalert": {"delivered": ["jira", "slack"]}}));
        assert_eq!((&row["alert_info"]["type"], row["destinations"].as_array().map(Vec::len)), (&json!("jira"), Some(2)));
        // What ElastAlert wrote itself.
        assert_eq!(of(json!({"alert_sent": false}))["alert_info"], json!({"type": ""}));
        assert_eq!(of(json!({"alert_info": {"type": "slack"}})), json!({"alert_info": {"type": "slack"}}));
    }
}
