//! The rules of the public repository, where a copy lies beside the project.

use sigmalert::batch::{Batch, discover};
use std::path::PathBuf;

/// The folder of rules, or `None` with a line that says why the test skips.
pub fn rules(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("SIGMA_RULES")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus/rules")), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: {test} needs the rules of the public Sigma repository (SIGMA_RULES, or ../shared/corpus/rules)");
    None
}

/// The folder of recorded attacks, each with the ids of the rules that must match.
pub fn recordings(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("SIGMA_RECORDINGS")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus/regression")), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: {test} needs recorded attacks (SIGMA_RECORDINGS, or ../shared/corpus/regression)");
    None
}

/// All of them, read.
pub fn read(test: &str) -> Option<Batch> {
    rules(test).map(|folder| Batch::read(discover(&[folder]), &Default::default()))
}
