//! Windows events with the field names of Sigma rules.

use super::windows_event::WindowsEvent;
use serde_json::{Map, Value};

/// Returns the event as a flat object.
pub(super) fn document(e: &WindowsEvent) -> Value {
    let mut out = Map::new();
    let mut put = |name: &str, value: Option<&str>| {
        if let Some(v) = value.filter(|v| !v.is_empty()) {
            out.insert(name.to_owned(), v.into());
        }
    };
    put("Channel", Some(&e.channel));
    put("EventID", Some(&e.event_id));
    put("Provider_Name", Some(&e.provider));
    put("Computer", Some(&e.computer));
    put("TimeCreated", Some(&e.time));
    put("EventRecordID", e.record_id.as_deref());
    put("Level", e.level.as_deref());
    put("Task", e.task.as_deref());
    put("Opcode", e.opcode.as_deref());
    put("Keywords", e.keywords.as_deref());
    put("Message", e.message.as_deref());
    let unnamed: Vec<&str> = e.data.iter().filter(|(n, _)| n.is_none()).map(|(_, v)| v.as_str()).collect();
    if !unnamed.is_empty() {
        put("Data", Some(&unnamed.join("\n")));
    }
    let named = e.data.iter().filter_map(|(n, v)| n.as_deref().map(|n| (n, v.as_str())));
    let user = e.user_data.iter().flat_map(|(_, values)| values.iter().map(|(n, v)| (n.as_str(), v.as_str())));
    for (name, value) in named.chain(user) {
        // Names of Defender have spaces, which Sigma rules omit.
        put(&name.replace(' ', ""), Some(value));
    }
    Value::Object(out)
}
