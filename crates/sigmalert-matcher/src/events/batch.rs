//! Documents that were read together.

use super::document::EventDocument;
use super::mark::Digest;
use crate::schema::EventSchema;
use serde_json::Value;
use std::borrow::Cow;

/// The maximum size of a document in bytes.
pub const MAX_DOCUMENT: usize = 16 << 20;
/// The size in bytes at which a batch is complete.
pub(super) const BATCH_BYTES: usize = 1 << 18;
/// The maximum number of EVTX records of a batch.
pub(super) const BATCH_RECORDS: usize = 500;

/// Input that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputProblem {
    /// The file, as it is displayed.
    pub source: String,
    /// The line, document or record, from 1; 0 for the file as a whole.
    pub position: u64,
    /// What is wrong.
    pub message: String,
}

impl InputProblem {
    /// A problem of the source that is being read, which fills in its name.
    pub(super) fn at(position: u64, message: impl Into<String>) -> Self {
        Self { source: String::new(), position, message: message.into() }
    }
}

/// One event of an [`EventBatch`].
#[derive(Debug)]
pub struct BatchedEvent {
    /// The line, the number of the document or the record id, from 1.
    pub position: u64,
    /// The content.
    pub body: EventBody,
    /// Identifies the event whatever the file is called. Only sources that were opened with
    /// [`EventSource::resume`](super::EventSource::resume) have keys.
    pub key: Option<EventKey>,
}

/// Identifies an event by its content and its position in the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventKey {
    /// The end of the event, in the unit of the source's [`ReadMark`](super::ReadMark).
    pub end: u64,
    /// The digest of all content up to the end, or of the record.
    pub digest: Digest,
}

/// The content of a [`BatchedEvent`].
#[derive(Debug)]
pub enum EventBody {
    /// JSON text: a range of the batch's bytes.
    Text(std::ops::Range<usize>),
    /// An EVTX record.
    Record(Box<Value>),
}

/// Events that were read together.
#[derive(Debug, Default)]
pub struct EventBatch {
    /// The text of the events.
    pub bytes: Vec<u8>,
    /// The events.
    pub events: Vec<BatchedEvent>,
    /// What could not be read.
    pub problems: Vec<InputProblem>,
}

impl EventBatch {
    /// Returns the document of an event of this batch: a raw Windows event is converted to a schema, anything else is left as it
    /// is.
    pub fn document<'b>(&'b self, event: &'b BatchedEvent, schema: EventSchema) -> EventDocument<'b> {
        match &event.body {
            EventBody::Record(v) => match schema.of_raw(v) {
                Some(converted) => EventDocument::Value(Cow::Owned(converted)),
                None => EventDocument::Value(Cow::Borrowed(v)),
            },
            EventBody::Text(range) => {
                let text = &self.bytes[range.clone()];
                // Few documents are raw events, which the beginning reveals.
                let head = &text[..text.len().min(400)];
                let raw = memchr::memmem::find(head, b"\"Event\"").is_some() && memchr::memmem::find(head, b"\"System\"").is_some();
                let converted = if raw { serde_json::from_slice(text).ok().and_then(|v: Value| schema.of_raw(&v)) } else { None };
                converted.map_or(EventDocument::Text(text), |v| EventDocument::Value(Cow::Owned(v)))
            }
        }
    }
}
