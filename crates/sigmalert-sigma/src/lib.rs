//! Sigma: text to rules, correlations and filters.
//!
//! [`parse`] reads the documents of a text into an AST that keeps what was written; [`Collection`] resolves references between
//! documents; [`to_yaml`] writes a document. [`yaml`] is the reader below, with the position of every node. What a rule means is a
//! matter of the crate `sigmalert-query`. Written after the Sigma specification 2.1.0; where it is silent, the documentation of each
//! item says what is done.

mod aggregation;
mod collection;
mod comparison;
mod condition;
mod correlation;
mod detection;
mod document;
mod error;
mod filter;
mod logsource;
mod modifier;
mod number;
mod placeholder;
mod print;
mod rule;
mod time_part;
mod timespan;
mod value;
mod wildcard;
pub mod yaml;

pub use aggregation::{Aggregation, Function, Relation};
pub use collection::{Collection, CorrelationMember, MAX_MEMBERS, MAX_NESTED, Resolved};
pub use comparison::Comparison;
pub use condition::{Condition, ConditionError, Parsed as ParsedCondition, Quantifier, Selector};
pub use correlation::{Alias, Correlation, CorrelationCondition, CorrelationKind};
pub use detection::{Detection, DetectionItem, Selection};
pub use document::{Document, Parsed, parse};
pub use document::{effective, read};
pub use error::{Error, ErrorKind, Warning};
pub use filter::Filter;
pub use logsource::Logsource;
pub use modifier::{ComparisonKind, Modifier, ModifierChain, OpenEnds, RegexFlags, TextTransform};
pub use number::Number;
pub use placeholder::{Piece, Placeholders, pieces};
pub use print::to_yaml;
pub use rule::{Attributes, Level, Related, Rule, Status};
pub use time_part::TimePart;
pub use timespan::{TimeUnit, Timespan};
pub use value::Value;
