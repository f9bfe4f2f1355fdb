//! Prometheus' Alertmanager.

use super::http::Http;
use super::text::{as_is, render};
use super::{Failed, Message};
use crate::lookup::lookup;
use crate::text::python;
use crate::time::{after, iso};
use serde_json::{Map, Value, json};

/// Templates of an option, evaluated on the match.
fn rendered(m: &Message<'_>, option: &str) -> Result<Map<String, Value>, Failed> {
    let doc = Value::Object(m.first().clone());
    let mut values = m.first().clone();
    values.insert(m.options.text_or("jinja_root_name", "_data"), doc);
    let values = Value::Object(values);
    let one = |(key, template): (&String, &Value)| Ok((key.clone(), render(&python::str(template), &values)?.into()));
    m.options.map(option).into_iter().flatten().map(one).collect()
}

pub(super) fn send(m: &Message<'_>) -> Result<(), Failed> {
    let o = m.options;
    let mut labels = rendered(m, "alertmanager_labels")?;
    for (label, field) in o.map("alertmanager_fields").into_iter().flatten() {
        let text = match lookup(m.first(), &python::str(field)).as_deref() {
            Some(Value::String(s)) => s.clone(),
            Some(v) => v.to_string(),
            None => "null".into(),
        };
        labels.insert(label.clone(), text.into());
    }
    labels.insert("alertname".into(), o.text("alertmanager_alertname").unwrap_or_else(|| m.rule.rule.name.clone()).into());
    labels.insert("elastalert_rule".into(), m.rule.rule.name.as_str().into());
    let mut annotations = rendered(m, "alertmanager_annotations")?;
    annotations.insert(o.text_or("alertmanager_alert_subject_labelname", "summary"), m.plain_title(as_is)?.into());
    annotations.insert(o.text_or("alertmanager_alert_text_labelname", "description"), m.body(as_is)?.into());
    let mut payload = json!({"annotations": annotations, "labels": labels});
    if let Some(span) = o.span("alertmanager_resolve_time") {
        payload["endsAt"] = iso(after(jiff::Timestamp::now(), span)).into();
    }
    let mut http = Http::of(m, "alertmanager");
    if let Some(login) = o.some_text("alertmanager_basic_auth_login") {
        http = http.basic(&login, &o.text_or("alertmanager_basic_auth_password", ""));
    }
    // Version 1 is gone since Alertmanager 0.27; ElastAlert still asks for it unless told otherwise.
    let version = o.text_or("alertmanager_api_version", "v2");
    let body = json!([payload]);
    o.texts("alertmanager_hosts")
        .iter()
        .try_for_each(|host| http.post(&format!("{}/api/{version}/alerts", host.trim_end_matches('/')), &body).map(|_| ()))
}
