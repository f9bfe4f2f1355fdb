//! Events from files and streams, as the documents that an index would hold.
//!
//! [`EventSource`] reads NDJSON, JSON (an array, or objects one after the other) and EVTX, plain or compressed with gzip or zstd, from
//! files and streams of any size in bounded memory. What cannot be read is reported as an [`InputProblem`] and skipped.
//! [`EventBatch::document`] converts raw Windows events to the document that Winlogbeat or Wazuh would index. Any other document is left
//! as it is.

mod batch;
mod discover;
mod document;
mod error;
mod evtx;
mod json;
mod mark;
mod ndjson;
mod source;

pub use crate::schema::{EventSchema, TIME_FIELDS, WindowsEvent};
pub use batch::{BatchedEvent, EventBatch, EventBody, EventKey, InputProblem, MAX_DOCUMENT};
pub use discover::discover;
pub use document::EventDocument;
pub use error::EventInputError;
pub use mark::{Digest, MarkUnit, ReadMark, digest};
pub use source::EventSource;
