//! Placeholder while rooms are built.
pub mod yaml;
pub mod query;
pub mod sigma;
pub mod lang;
pub mod mapping;
