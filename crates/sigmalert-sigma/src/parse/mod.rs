//! From YAML to the syntax tree.

mod aggregation;
mod attributes;
mod condition;
mod correlation;
mod detection;
mod document;
mod filter;
mod lexer;
mod logsource;
mod rule;

pub use document::{Parsed, effective, parse, read};
pub use lexer::ConditionError;
