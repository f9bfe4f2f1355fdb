//! Sigma: text to rules, correlations and filters, and what they ask of an event.
//!
//! [`parse`] reads the documents of a text into an AST that keeps what was written; [`Collection`] resolves
//! references between documents; [`Rule::to_expr`] gives the query expression. Written after the Sigma
//! specification 2.1.0; where it is silent, the doc comments say what is done.

mod aggregation;
mod apply;
mod collection;
mod condition;
mod correlation;
mod detection;
mod document;
mod encode;
mod error;
mod filter;
mod logsource;
mod modifier;
mod placeholder;
mod print;
mod rule;
mod timespan;
mod value;

pub use aggregation::{Aggregation, Function, Relation};
pub use collection::{Collection, MAX_MEMBERS, MAX_NESTED, Member, Resolved};
pub use condition::{Condition, ConditionError, Of, Parsed as ParsedCondition, Quantity};
pub use correlation::{Alias, Correlation, CorrelationCondition, CorrelationKind};
pub use detection::{Detection, Item, Selection};
pub use document::{Document, Parsed, parse};
pub use document::{effective, read};
pub use error::{Error, ErrorKind, Warning};
pub use filter::Filter;
pub use logsource::Logsource;
pub use modifier::Modifier;
pub use placeholder::Placeholders;
pub use print::to_yaml;
pub use rule::{Attributes, Level, Related, Rule, Status};
pub use timespan::{TimeUnit, Timespan};
pub use value::{Value, pattern};
