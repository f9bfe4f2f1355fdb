//! What Sigma means: rules, filters and conditions to expressions, in Sigma's own field names.

mod encode;
mod expression;
mod limits;
mod pattern;
mod validate;

pub use pattern::pattern;
pub use validate::{parse, read, validate};
