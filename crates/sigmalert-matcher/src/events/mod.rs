//! Events from files and streams, as the documents that an index would hold.
//!
//! [`EventSource`] reads NDJSON, JSON (an array, or objects one after the other) and EVTX, plain or compressed with gzip or zstd, from
//! files and streams of any size in bounded memory. What cannot be read is reported as an [`InputProblem`] and skipped.
//! [`EventBatch::document`] converts raw Windows events to the document that Winlogbeat or Wazuh would index. Any other document is left
//! as it is.
//!
//! ```
//! use sigmalert_matcher::events::{EventBatch, EventSchema, EventSource};
//! use sigmalert_matcher::{Matcher, Scratch};
//! use sigmalert_query::{Case, Expr, Pattern, Test};
//!
//! let whoami = Expr::test("Image", Test::Pattern(Pattern::literal("\\whoami.exe", Case::Insensitive).open_start()));
//! let (matcher, mut scratch) = (Matcher::new([&whoami], None), Scratch::default());
//! let log = br#"{"Image": "C:\\Windows\\whoami.exe"}"#;
//! let mut source = EventSource::from_stream("log", Box::new(&log[..]))?;
//! let mut batch = EventBatch::default();
//! while source.read(&mut batch) {
//!     for event in &batch.events {
//!         let document = batch.document(event, EventSchema::Sigma);
//!         assert_eq!(document.matches(&matcher, &mut scratch)?, [0]);
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
