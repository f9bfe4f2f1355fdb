//! A Windows event as it was logged, read from the JSON form of its XML that EVTX parsers produce.

use serde_json::Value;

/// A raw Windows event.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WindowsEvent {
    /// `System/Provider/@Name`
    pub provider: String,
    /// `System/Provider/@Guid`, in braces.
    pub provider_guid: Option<String>,
    /// `System/Provider/@EventSourceName`
    pub event_source: Option<String>,
    /// `System/EventID`
    pub event_id: String,
    /// `System/Channel`
    pub channel: String,
    /// `System/Computer`
    pub computer: String,
    /// `System/TimeCreated/@SystemTime`
    pub time: String,
    /// `System/EventRecordID`
    pub record_id: Option<String>,
    /// `System/Level`
    pub level: Option<String>,
    /// `System/Task`
    pub task: Option<String>,
    /// `System/Opcode`
    pub opcode: Option<String>,
    /// `System/Version`
    pub version: Option<String>,
    /// `System/Keywords`
    pub keywords: Option<String>,
    /// `System/Execution/@ProcessID`
    pub process_id: Option<String>,
    /// `System/Execution/@ThreadID`
    pub thread_id: Option<String>,
    /// `System/Correlation/@ActivityID`, in braces.
    pub activity_id: Option<String>,
    /// `System/Security/@UserID`
    pub user_id: Option<String>,
    /// `EventData`: named and unnamed values in order.
    pub data: Vec<(Option<String>, String)>,
    /// `UserData`: the name of its element, and the values in that.
    pub user_data: Option<(String, Vec<(String, String)>)>,
    /// `RenderingInfo/Message`, if a collector rendered the event.
    pub message: Option<String>,
}

/// Returns the text of a scalar.
fn text(v: &Value) -> Option<String> {
    match v {
        Value::String(s) => Some(s.clone()),
        Value::Number(n) => Some(n.to_string()),
        Value::Bool(b) => Some(b.to_string()),
        // An element with attributes, such as the `EventID` of classic sources with its qualifiers.
        Value::Object(o) => o.get("#text").and_then(text),
        _ => None,
    }
}

fn attribute(v: Option<&Value>, name: &str) -> Option<String> {
    v?.get("#attributes")?.get(name).and_then(text)
}

/// Encloses a GUID in braces, as Winlogbeat and Wazuh do.
pub(super) fn braced(guid: &str) -> String {
    if guid.starts_with('{') { guid.to_owned() } else { format!("{{{guid}}}") }
}

/// Returns whether a text is a GUID without braces.
pub(super) fn is_guid(t: &str) -> bool {
    t.len() == 36 && t.bytes().enumerate().all(|(i, b)| if matches!(i, 8 | 13 | 18 | 23) { b == b'-' } else { b.is_ascii_hexdigit() })
}

impl WindowsEvent {
    /// Reads an event from JSON with an object `Event`. Returns nothing for any other document.
    pub fn from_json(document: &Value) -> Option<Self> {
        let event = document.get("Event")?;
        let system = event.get("System")?;
        let of = |name: &str| system.get(name).and_then(text);
        let provider = system.get("Provider");
        let execution = system.get("Execution");
        let mut out = Self {
            provider: attribute(provider, "Name").unwrap_or_default(),
            provider_guid: attribute(provider, "Guid").map(|g| braced(&g)),
            event_source: attribute(provider, "EventSourceName"),
            event_id: of("EventID")?,
            channel: of("Channel").unwrap_or_default(),
            computer: of("Computer").unwrap_or_default(),
            time: attribute(system.get("TimeCreated"), "SystemTime").unwrap_or_default(),
            record_id: of("EventRecordID"),
            level: of("Level"),
            task: of("Task"),
            opcode: of("Opcode"),
            version: of("Version"),
            keywords: of("Keywords"),
            process_id: attribute(execution, "ProcessID"),
            thread_id: attribute(execution, "ThreadID"),
            activity_id: attribute(system.get("Correlation"), "ActivityID").map(|g| braced(&g)),
            user_id: attribute(system.get("Security"), "UserID"),
            message: event.get("RenderingInfo").and_then(|r| r.get("Message")).and_then(text),
            ..Self::default()
        };
        if let Some(Value::Object(data)) = event.get("EventData") {
            for (name, value) in data {
                match name.as_str() {
                    "#attributes" => {}
                    // `<Data>` without names: one value, or several under one key.
                    "Data" => out.data.extend(unnamed(value).into_iter().map(|v| (None, v))),
                    _ => out.data.push((Some(name.clone()), text(value).unwrap_or_default())),
                }
            }
        }
        if let Some(Value::Object(user)) = event.get("UserData")
            && let Some((element, Value::Object(inner))) = user.iter().find(|(k, _)| *k != "#attributes")
        {
            let mut values = Vec::new();
            flatten("", inner, &mut values);
            out.user_data = Some((element.clone(), values));
        }
        Some(out)
    }

    /// Returns a value of `EventData` by name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.data.iter().find(|(n, _)| n.as_deref() == Some(name)).map(|(_, v)| v.as_str())
    }
}

fn unnamed(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(unnamed).collect(),
        Value::Object(o) => o.get("#text").map(unnamed).unwrap_or_default(),
        Value::Null => vec![String::new()],
        v => text(v).into_iter().collect(),
    }
}

fn flatten(prefix: &str, object: &serde_json::Map<String, Value>, out: &mut Vec<(String, String)>) {
    for (name, value) in object.iter().filter(|(n, _)| *n != "#attributes") {
        let name = format!("{prefix}{name}");
        match value {
            Value::Object(inner) if !inner.contains_key("#text") => flatten(&format!("{name}."), inner, out),
            v => out.push((name, text(v).unwrap_or_default())),
        }
    }
}
