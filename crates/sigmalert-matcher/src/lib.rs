//! Evaluates query expressions against JSON documents in process: thousands of rules per document.
//!
//! [`Matcher::new`] compiles expressions; [`Matcher::matches`] reads a JSON document and returns the expressions that match.
//! The semantics are those of [`sigmalert_query`]: Sigma's for expressions made from rules, the index's for expressions that
//! [`sigmalert_query::lower`] made for a schema.
//!
//! Each distinct test of all rules is one predicate, evaluated once per document at most. Values are looked up in tables
//! instead of being tested one predicate at a time: whole values in a hash table, substrings by short windows that are rare in
//! logs. A rule is evaluated only if one of the predicates that it requires was found. So the cost depends on the content of the
//! documents rather than on the number of rules.
//!
//! With the feature `events`, [`events`] reads NDJSON, JSON and EVTX as the documents that an index would hold.
//!
//! ```
//! use sigmalert_matcher::{Matcher, Scratch};
//! use sigmalert_query::{Case, Expr, Pattern, Test};
//!
//! let whoami = Expr::test("Image", Test::Pattern(Pattern::literal("\\whoami.exe", Case::Insensitive).open_start()));
//! let matcher = Matcher::new([&whoami], None);
//! let mut scratch = Scratch::default();
//! assert_eq!(matcher.matches(br#"{"Image": "C:\\Windows\\WHOAMI.EXE"}"#, &mut scratch)?, [0]);
//! # Ok::<(), sigmalert_matcher::DocumentError>(())
//! ```

mod anywhere;
mod compile;
mod evaluate;
#[cfg(feature = "events")]
pub mod events;
mod explain;
mod fields;
mod index;
mod json;
mod literals;
mod matcher;
mod picker;
mod plan;
mod predicate;
#[cfg(feature = "events")]
mod schema;
mod scratch;
mod sink;
#[cfg(feature = "events")]
mod value;

pub use explain::{Reason, Verdict};
pub use matcher::Matcher;
pub use picker::{PickedFields, Picker};
pub use scratch::Scratch;
pub use sink::{DocumentError, DocumentErrorKind};
