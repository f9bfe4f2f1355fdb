//! Sigma: text to rules, correlations and filters.
//!
//! [`parse`] reads the documents of a text into an AST that keeps what was written; [`Collection`] resolves references between
//! documents; [`to_yaml`] writes a document. [`yaml`] is the reader below, with the position of every node. What a rule means is a
//! matter of the crate `sigmalert-query`. Written after the Sigma specification 2.1.0; where it is silent, the documentation of each
//! item says what is done.

mod ast;
mod collection;
mod error;
mod parse;
mod print;
mod wildcard;
pub mod yaml;

pub use ast::aggregation::{Aggregation, Function, Relation};
pub use ast::comparison::Comparison;
pub use ast::condition::{Condition, Quantifier, Selector};
pub use ast::correlation::{Alias, Correlation, CorrelationCondition, CorrelationKind};
pub use ast::detection::{Detection, DetectionItem, Selection};
pub use ast::document::Document;
pub use ast::filter::Filter;
pub use ast::logsource::Logsource;
pub use ast::modifier::{ComparisonKind, Modifier, ModifierChain, OpenEnds, RegexFlags, TextTransform};
pub use ast::number::Number;
pub use ast::parsed_condition::ParsedCondition;
pub use ast::placeholder::{Piece, Placeholders, pieces};
pub use ast::rule::{Attributes, Level, Related, Rule, Status};
pub use ast::time_part::TimePart;
pub use ast::timespan::{TimeUnit, Timespan};
pub use ast::value::Value;
pub use collection::{Collection, CorrelationMember, MAX_MEMBERS, MAX_NESTED, Resolved};
pub use error::{Error, ErrorKind, Warning};
pub use parse::{ConditionError, Parsed, effective, parse, read};
pub use print::to_yaml;
