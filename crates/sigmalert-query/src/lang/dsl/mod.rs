//! Query DSL: a query body in JSON.
//!
//! The one language that says everything: comparisons without regard to letter case, counts of alternatives,
//! and, by scripts, comparisons of two fields, of numbers that lie in text, and of parts of a timestamp.

mod check;
mod kinds;
mod parse;
mod print;
mod script;

pub use check::{Fault, Path, Step, check};
pub use parse::parse;
pub use print::print;
