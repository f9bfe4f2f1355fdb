//! Small parts that the crates of sigmalert share.

pub mod hex;
pub mod json;
pub mod line;
pub mod read;
#[cfg(feature = "write")]
pub mod write;
