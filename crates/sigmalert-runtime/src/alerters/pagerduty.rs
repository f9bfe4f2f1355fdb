//! PagerDuty: events of version 1 and 2.

use super::http::Http;
use super::text::as_is;
use super::{Failed, Message};
use crate::lookup::lookup;
use crate::text::python;
use serde_json::{Map, Value, json};

/// A text of an option, with the fields that its `_args` name.
fn keyed(m: &Message<'_>, option: &str, default: &str) -> Result<String, Failed> {
    let template = m.options.text_or(option, default);
    let args = m.options.texts(&format!("{option}_args"));
    if args.is_empty() { Ok(template) } else { m.formatted(&template, &args, as_is) }
}

pub(super) fn send(m: &Message<'_>) -> Result<(), Failed> {
    let o = m.options;
    let (title, body) = (m.plain_title(as_is)?, m.body(as_is)?);
    let incident = keyed(m, "pagerduty_incident_key", "")?;
    let event = o.text_or("pagerduty_event_type", "trigger");
    let base = o.text("pagerduty_api_url").unwrap_or_else(|| "https://events.pagerduty.com".into());
    let (path, payload) = if o.text_or("pagerduty_api_version", "v1") == "v2" {
        let mut details: Map<String, Value> = Map::new();
        if o.flag("pagerduty_v2_payload_include_all_info", true) {
            details.insert("information".into(), body.into());
        }
        for doc in m.matches {
            for (key, field) in o.map("pagerduty_v2_payload_custom_details").into_iter().flatten() {
                let found = lookup(doc, &python::str(field)).filter(|v| python::truthy(v)).map(std::borrow::Cow::into_owned);
                details.insert(key.clone(), found.unwrap_or_else(|| field.clone()));
            }
        }
        let mut inner = json!({
            "class": keyed(m, "pagerduty_v2_payload_class", "")?, "component": keyed(m, "pagerduty_v2_payload_component", "")?,
            "group": keyed(m, "pagerduty_v2_payload_group", "")?, "severity": o.text_or("pagerduty_v2_payload_severity", "critical"),
            "source": keyed(m, "pagerduty_v2_payload_source", "ElastAlert")?, "summary": title, "custom_details": details,
        });
        if let Some(at) = lookup(m.first(), &m.rule.rule.timestamp.field) {
            inner["timestamp"] = at.into_owned();
        }
        let payload = json!({
            "routing_key": o.get("pagerduty_service_key"), "event_action": event, "dedup_key": incident,
            "client": o.get("pagerduty_client_name"), "payload": inner,
        });
        ("/v2/enqueue", payload)
    } else {
        let payload = json!({
            "service_key": o.get("pagerduty_service_key"), "description": title, "event_type": event, "incident_key": incident,
            "client": o.get("pagerduty_client_name"), "details": {"information": body},
        });
        ("/generic/2010-04-15/create_event.json", payload)
    };
    Http::of(m, "pagerduty").post(&format!("{}{path}", base.trim_end_matches('/')), &payload).map(|_| ())
}
