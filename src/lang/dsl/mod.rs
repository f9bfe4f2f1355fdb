//! Query DSL: a query body in JSON.
//!
//! The one language that says everything: comparisons without regard to letter case, counts of alternatives,
//! and, by scripts, comparisons of two fields, of numbers that lie in text, and of parts of a timestamp.

mod parse;
mod print;
mod script;

pub use parse::parse;
pub use print::print;
