//! Events: where they come from, and what they look like in an index.
//!
//! [`source`] reads files and streams of any size; [`EventSchema`] makes of a raw Windows event the document that Winlogbeat or
//! Wazuh would index. What is no raw Windows event is a document already, and stays as it is.

mod document;
mod records;
mod sigma;
pub mod source;
pub mod track;
mod wazuh;
mod windows;
mod winlogbeat;

pub use windows::WindowsEvent;

use serde_json::Value;

/// What raw Windows events become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum EventSchema {
    /// One flat object under Sigma's own names.
    #[default]
    Sigma,
    /// The document that Winlogbeat 8 indexes, after its pipelines.
    Winlogbeat,
    /// The document that Wazuh 4 indexes.
    Wazuh,
}

impl EventSchema {
    /// All of them, with the names that mapping files know.
    pub const ALL: [(&'static str, Self); 3] = [("sigma", Self::Sigma), ("winlogbeat", Self::Winlogbeat), ("wazuh", Self::Wazuh)];

    /// The shape of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(n, _)| *n == name).map(|(_, s)| *s)
    }

    /// Its name, which is that of the built-in mapping for it.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, s)| *s == self).map_or("sigma", |(n, _)| n)
    }

    /// The shape that a mapping is for, by what the mapping says of raw events.
    pub fn of(events: Option<&str>) -> Self {
        events.and_then(Self::named).unwrap_or_default()
    }

    /// The document of a raw event in JSON; nothing when it is none.
    pub fn of_raw(self, value: &Value) -> Option<Value> {
        WindowsEvent::from_json(value).map(|e| self.document(&e))
    }

    /// The document of a raw event.
    pub fn document(self, event: &WindowsEvent) -> Value {
        match self {
            Self::Sigma => sigma::document(event),
            Self::Winlogbeat => winlogbeat::document(event),
            Self::Wazuh => wazuh::document(event),
        }
    }
}
