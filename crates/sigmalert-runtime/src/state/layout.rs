//! Alerts and silences as documents, in ElastAlert's layout.

use crate::lookup::Document;
use crate::time::{iso, parse};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// An alert: one match, sent or still to be sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Alert {
    pub id: String,
    pub rule: String,
    pub body: Document,
    #[serde(with = "jiff::fmt::serde::timestamp::microsecond::required")]
    pub alert_time: Timestamp,
    pub match_time: Option<String>,
    /// The alert that this one is gathered under.
    pub aggregate_id: Option<String>,
    pub aggregation_key: Option<String>,
    pub sent: bool,
    /// What is told of the first alerter.
    pub info: Value,
    /// What stands at the root beside: metadata, and with `include_match_in_root` the match.
    pub extra: Document,
    /// What ElastAlert noted.
    pub exception: Option<String>,
    /// The alerters that took it.
    pub delivered: Vec<String>,
    /// The alerters that did not, and why.
    #[serde(default)]
    pub failed: BTreeMap<String, String>,
    /// How often it was tried.
    pub attempts: u32,
    /// Whether enhancements were carried out.
    pub enhanced: bool,
}

/// Fields that are the alert's own.
const OWN: [&str; 11] = [
    "match_body",
    "rule_name",
    "alert_info",
    "alert_sent",
    "alert_time",
    "match_time",
    "@timestamp",
    "alert_exception",
    "aggregate_id",
    "aggregation_key",
    "sigmalert",
];

impl Alert {
    /// The document.
    pub fn to_document(&self, now: Timestamp) -> Value {
        let mut out: Map<String, Value> = Map::new();
        for (key, value) in &self.extra {
            if !OWN.contains(&key.as_str()) {
                out.insert(key.clone(), value.clone());
            }
        }
        let mut put = |key: &str, value: Value| out.insert(key.to_owned(), value);
        put("match_body", Value::Object(self.body.clone()));
        put("rule_name", self.rule.as_str().into());
        put("alert_info", self.info.clone());
        put("alert_sent", self.sent.into());
        put("alert_time", iso(self.alert_time).into());
        put("@timestamp", iso(now).into());
        if let Some(t) = &self.match_time {
            put("match_time", t.as_str().into());
        }
        if let Some(e) = self.why().filter(|_| !self.sent) {
            put("alert_exception", e.into());
        }
        if let Some(id) = &self.aggregate_id {
            put("aggregate_id", id.as_str().into());
        }
        if let Some(key) = &self.aggregation_key {
            put("aggregation_key", key.as_str().into());
        }
        let mut own = json!({"alert_id": self.id, "delivered": self.delivered, "attempts": self.attempts, "enhanced": self.enhanced});
        if !self.failed.is_empty() {
            own["failed"] = json!(self.failed);
        }
        put("sigmalert", own);
        Value::Object(out)
    }

    /// Why it is not sent: each destination with its own reason.
    fn why(&self) -> Option<String> {
        if self.failed.is_empty() {
            return self.exception.clone();
        }
        Some(self.failed.iter().map(|(name, why)| format!("{name}: {why}")).collect::<Vec<_>>().join("; "))
    }

    /// The alert of a document; nothing where it is none.
    pub fn from_document(id: &str, document: &Value) -> Option<Self> {
        let text = |key: &str| document.get(key).and_then(Value::as_str).map(str::to_owned);
        let own = document.get("sigmalert");
        let of = |key: &str| own.and_then(|o| o.get(key));
        let map = document.as_object()?;
        Some(Self {
            id: id.to_owned(),
            rule: text("rule_name")?,
            body: document.get("match_body")?.as_object()?.clone(),
            alert_time: parse(document.get("alert_time")?)?,
            match_time: text("match_time"),
            aggregate_id: text("aggregate_id"),
            aggregation_key: text("aggregation_key"),
            sent: document.get("alert_sent") == Some(&Value::Bool(true)),
            info: document.get("alert_info").cloned().unwrap_or(Value::Null),
            extra: map.iter().filter(|(k, _)| !OWN.contains(&k.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect(),
            exception: text("alert_exception").filter(|_| of("failed").is_none()),
            failed: of("failed")
                .and_then(Value::as_object)
                .map(|m| m.iter().filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned()))).collect())
                .unwrap_or_default(),
            delivered: of("delivered")
                .and_then(Value::as_array)
                .map(|a| a.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect())
                .unwrap_or_default(),
            attempts: of("attempts").and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok()).unwrap_or(0),
            // One that ElastAlert left behind failed to be sent, unless it is gathered: its enhancements were carried out.
            enhanced: of("enhanced").and_then(Value::as_bool).unwrap_or(text("alert_exception").is_some()),
        })
    }
}

/// A silence: matches of a key are passed over until a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Silence {
    pub id: String,
    pub key: String,
    #[serde(with = "jiff::fmt::serde::timestamp::microsecond::required")]
    pub until: Timestamp,
    pub exponent: i64,
}

impl Silence {
    /// The document.
    pub fn to_document(&self, now: Timestamp) -> Value {
        json!({"exponent": self.exponent, "rule_name": self.key, "@timestamp": iso(now), "until": iso(self.until)})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_is_read_as_it_is_written() {
        let alert = Alert {
            id: "i".into(),
            rule: "r".into(),
            body: json!({"a": 1}).as_object().unwrap().clone(),
            alert_time: "2026-01-01T00:00:00Z".parse().unwrap(),
            match_time: Some("2026-01-01T00:00:00Z".into()),
            aggregate_id: Some("x".into()),
            aggregation_key: Some("k".into()),
            sent: false,
            info: json!({"type": "debug"}),
            extra: json!({"owner": "us"}).as_object().unwrap().clone(),
            exception: None,
            delivered: vec!["slack".into()],
            failed: BTreeMap::from([("jira".into(), "401".into()), ("telegram".into(), "no".into())]),
            attempts: 3,
            enhanced: true,
        };
        assert_eq!(alert.to_document("2026-01-01T00:00:00Z".parse().unwrap())["alert_exception"], "jira: 401; telegram: no");
        let document = alert.to_document("2026-01-01T00:00:00Z".parse().unwrap());
        assert_eq!(Alert::from_document("i", &document), Some(alert));
        assert_eq!(Alert::from_document("i", &json!({"rule_name": "r"})), None);
    }
}
