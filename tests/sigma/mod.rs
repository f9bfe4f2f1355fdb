//! Sigma text: what it means, and what it must never do to the reader.

pub mod conditions;
pub mod escaping;
pub mod hostile_input;
pub mod modifiers;
pub mod panics;
pub mod regexes;
pub mod yaml;
