//! Windows events as Wazuh 4 indexes them: `data.win.system` and `data.win.eventdata`, with every value as JSON-escaped text.
//!
//! Source: analysisd's decoder `windows_eventchannel`.

use super::document::Document;
use super::windows_event::{WindowsEvent, braced, is_guid};
use serde_json::Value;
use sigmalert_support::json::json_text;

/// Returns the document of an event.
pub(super) fn document(e: &WindowsEvent) -> Value {
    let mut d = Document::default();
    d.put("@timestamp", e.time.as_str());
    d.put("timestamp", e.time.as_str());
    d.put("decoder.name", "windows_eventchannel");
    d.put("location", "EventChannel");
    d.put("input.type", "log");
    d.put("agent.name", e.computer.as_str());
    let mut system = |name: &str, value: Option<&str>| {
        if let Some(v) = value.filter(|v| !v.is_empty()) {
            d.put_in("data.win.system", name, v);
        }
    };
    system("providerName", Some(&e.provider));
    system("providerGuid", e.provider_guid.as_deref());
    system("eventSourceName", e.event_source.as_deref());
    system("eventID", Some(&e.event_id));
    system("version", e.version.as_deref());
    system("level", e.level.as_deref());
    system("task", e.task.as_deref());
    system("opcode", e.opcode.as_deref());
    system("keywords", e.keywords.as_deref());
    system("systemTime", Some(&e.time));
    system("eventRecordID", e.record_id.as_deref());
    system("processID", e.process_id.as_deref());
    system("threadID", e.thread_id.as_deref());
    system("channel", Some(&e.channel));
    system("computer", Some(&e.computer));
    // The message is not escaped, and is enclosed in quotation marks.
    let message = e.message.as_ref().map(|m| format!("\"{m}\""));
    system("message", message.as_deref());
    system("severityValue", Some(severity(e)));
    let unnamed: Vec<&str> = e.data.iter().filter(|(n, _)| n.is_none()).map(|(_, v)| v.as_str()).collect();
    for (name, value) in e.data.iter().filter_map(|(n, v)| n.as_deref().map(|n| (n, v))) {
        let name = lower_first(name);
        if name == "auditPolicyChanges" {
            put(&mut d, "data.win.eventdata", "auditPolicyChangesId", value);
        }
        put(&mut d, "data.win.eventdata", &name, value);
    }
    if !unnamed.is_empty() {
        put(&mut d, "data.win.eventdata", "data", &unnamed.join(", "));
    }
    if let Some((element, values)) = &e.user_data {
        let object = format!("data.win.{}", lower_first(element));
        for (name, value) in values {
            put(&mut d, &object, &lower_first(name), value);
        }
    }
    d.finish()
}

/// Sets a value as the content of a JSON string, without trailing whitespace. Omits empty values and placeholders.
fn put(d: &mut Document, object: &str, name: &str, value: &str) {
    let value = value.trim_end();
    if value.is_empty() || value == "-" || value == "(NULL)" {
        return;
    }
    let value = if is_guid(value) { braced(value) } else { json_text(value) };
    d.put_in(object, name, value);
}

/// Lower-cases the first byte, as analysisd does.
fn lower_first(name: &str) -> String {
    let mut out = name.to_owned();
    if let Some(first) = out.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    out
}

fn severity(e: &WindowsEvent) -> &'static str {
    match e.level.as_deref() {
        Some("1") => "CRITICAL",
        Some("2") => "ERROR",
        Some("3") => "WARNING",
        Some("4") => "INFORMATION",
        Some("5") => "VERBOSE",
        _ => {
            let bits = e.keywords.as_deref().and_then(|k| u64::from_str_radix(k.trim_start_matches("0x"), 16).ok()).unwrap_or(0);
            if bits & 0x0020_0000_0000_0000 != 0 {
                "AUDIT_SUCCESS"
            } else if bits & 0x0010_0000_0000_0000 != 0 {
                "AUDIT_FAILURE"
            } else {
                "UNKNOWN"
            }
        }
    }
}
