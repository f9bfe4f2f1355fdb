//! Lucene's query language as `query_string` of Elasticsearch and `OpenSearch` reads it.

mod escape;
mod grammar;
mod options;
mod parse;
mod print;
pub mod regex;
mod token;

pub use options::Options;
pub(in crate::lang) use options::least;
pub use parse::{check, parse, parse_with};
pub use print::print;
pub(crate) use print::value;
