//! The documents that Windows events become in an index.

mod document;
mod sigma;
mod wazuh;
mod windows_event;
mod winlogbeat;

pub use windows_event::WindowsEvent;

use serde_json::Value;

/// The schema that raw Windows events are converted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum EventSchema {
    /// A flat object with Sigma's field names.
    #[default]
    Sigma,
    /// The document that Winlogbeat 8 indexes after its ingest pipelines.
    Winlogbeat,
    /// The document that Wazuh 4 indexes.
    Wazuh,
}

/// The fields in which the schemas store the time of an event, in order of precedence.
pub const TIME_FIELDS: [&str; 4] = ["@timestamp", "TimeCreated", "UtcTime", "timestamp"];

impl EventSchema {
    /// All schemas with their names, which mapping files use in `events`.
    pub const ALL: [(&'static str, Self); 3] = [("sigma", Self::Sigma), ("winlogbeat", Self::Winlogbeat), ("wazuh", Self::Wazuh)];

    /// Returns the schema of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(n, _)| *n == name).map(|(_, s)| *s)
    }

    /// Returns the name, which is also the name of the built-in mapping for the schema.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, s)| *s == self).map_or("sigma", |(n, _)| n)
    }

    /// Returns the schema for the key `events` of a mapping; the default schema without one.
    pub fn of(events: Option<&str>) -> Self {
        events.and_then(Self::named).unwrap_or_default()
    }

    /// Converts a raw Windows event in JSON; returns nothing for any other document.
    pub fn of_raw(self, value: &Value) -> Option<Value> {
        WindowsEvent::from_json(value).map(|e| self.document(&e))
    }

    /// Converts a Windows event.
    pub fn document(self, event: &WindowsEvent) -> Value {
        match self {
            Self::Sigma => sigma::document(event),
            Self::Winlogbeat => winlogbeat::document(event),
            Self::Wazuh => wazuh::document(event),
        }
    }
}
