//! Sigma converted to queries and rule files.

pub mod characters;
pub mod command_line;
pub mod correlations;
pub mod documentation;
pub mod errors;
pub mod expansion;
pub mod full_disk;
pub mod mapping_coverage;
pub mod mapping_files;
pub mod on_a_cluster;
pub mod query_readers;
pub mod repository;
pub mod round_trip;
pub mod samples;
