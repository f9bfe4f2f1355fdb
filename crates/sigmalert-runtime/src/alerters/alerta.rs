//! Alerta.

use super::command::resolved;
use super::http::Http;
use super::text::as_is;
use super::{Failed, Message};
use crate::lookup::lookup;
use crate::rule_types::message;
use crate::time::parse;
use serde_json::{Map, Value, json};

pub(super) fn send(m: &Message<'_>) -> Result<(), Failed> {
    let o = m.options;
    let text = |key: &str, default: &str| resolved(m, &o.text_or(key, default));
    let list = |key: &str| o.texts(key).iter().map(|t| resolved(m, t)).collect::<Result<Vec<_>, _>>();
    let mut resource = text("alerta_resource", "elastalert")?;
    if o.flag("alerta_use_qk_as_resource", false)
        && let Some(key) = m.key_value()
    {
        resource = key;
    }
    let at =
        lookup(m.first(), &m.rule.rule.timestamp.field).and_then(|v| parse(&v)).filter(|_| o.flag("alerta_use_match_timestamp", false));
    let created = at.unwrap_or_else(jiff::Timestamp::now).strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string();
    let body = match o.text_or("alerta_text", "elastalert").as_str() {
        "" => message(m.rule, m.first()),
        t => resolved(m, t)?,
    };
    let event = match o.text_or("alerta_event", "elastalert").as_str() {
        "" => m.key_value().map_or_else(|| m.rule.rule.name.clone(), |k| format!("{}.{k}", m.rule.rule.name)),
        t => resolved(m, t)?,
    };
    let services = if o.get("alerta_service").is_some() { list("alerta_service")? } else { vec!["elastalert".into()] };
    let attributes: Map<String, Value> =
        o.texts("alerta_attributes_keys").into_iter().zip(list("alerta_attributes_values")?.into_iter().map(Value::from)).collect();
    let payload = json!({
        "resource": resource, "severity": text("alerta_severity", "warning")?, "timeout": o.count("alerta_timeout").unwrap_or(86_400),
        "createTime": created, "type": o.text_or("alerta_type", "elastalert"), "environment": text("alerta_environment", "Production")?,
        "origin": text("alerta_origin", "elastalert")?, "group": text("alerta_group", "")?, "event": event, "text": body,
        "value": text("alerta_value", "")?, "service": services, "tags": list("alerta_tags")?, "correlate": list("alerta_correlate")?,
        "attributes": attributes, "rawData": m.body(as_is)?,
    });
    let mut http = Http::of(m, "alerta").verified(!o.flag("alerta_api_skip_ssl", false));
    if let Some(key) = o.some_text("alerta_api_key") {
        http = http.header("authorization", &format!("Key {key}"));
    }
    http.post(&o.text_or("alerta_api_url", ""), &payload).map(|_| ())
}
