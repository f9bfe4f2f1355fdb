//! The syntax tree: what a document says, before it means anything.

pub mod aggregation;
pub mod comparison;
pub mod condition;
pub mod correlation;
pub mod detection;
pub mod document;
pub mod filter;
pub mod logsource;
pub mod modifier;
pub mod number;
pub mod parsed_condition;
pub mod placeholder;
pub mod rule;
pub mod time_part;
pub mod timespan;
pub mod value;
