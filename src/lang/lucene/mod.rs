//! Lucene's query language as `query_string` of Elasticsearch and `OpenSearch` reads it.

mod escape;
mod parse;
mod print;
pub mod regex;

pub use parse::parse;
pub use print::print;
pub(crate) use print::value;
