//! ServiceNow: incidents.

use super::http::Http;
use super::text::{as_is, matches};
use super::{Failed, Message};
use serde_json::{Value, json};

pub(super) fn send(m: &Message<'_>) -> Result<(), Failed> {
    let o = m.options;
    // Of several matches ElastAlert describes the last only.
    let mut payload = json!({"description": matches(m, as_is)?});
    for key in ["short_description", "comments", "assignment_group", "category", "subcategory", "cmdb_ci", "caller_id"] {
        payload[key] = o.get(key).cloned().unwrap_or(Value::Null);
    }
    for (key, option) in [("impact", "servicenow_impact"), ("urgency", "servicenow_urgency")] {
        if let Some(v) = o.get(option) {
            payload[key] = v.clone();
        }
    }
    for (key, value) in o.map("service_now_additional_fields").into_iter().flatten() {
        payload[key] = value.clone();
    }
    let http = Http::of(m, "servicenow").basic(&o.text_or("username", ""), &o.text_or("password", ""));
    let http = http.header("accept", "application/json;charset=utf-8");
    http.post(&o.text_or("servicenow_rest_url", ""), &payload).map(|_| ())
}
