//! Small parts that the crates of sigmalert share.

pub mod hex;
pub mod host;
pub mod json;
pub mod line;
pub mod read;
pub mod sync;
pub mod units;
#[cfg(feature = "walk")]
pub mod walk;
#[cfg(feature = "write")]
pub mod write;
