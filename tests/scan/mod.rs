//! Rules matched against events, in process.

pub mod events;
pub mod matcher;
pub mod recordings;
pub mod samples;
pub mod schemas;
pub mod streams;
pub mod tampered;
