//! The rules of the public repository, where a copy lies beside the project or `cargo xtask corpus` put one.

use crate::support::skip::{Need, skip};
use sigmalert::batch::{Batch, discover};
use std::path::{Path, PathBuf};

/// The first of the folders that tests look in, or `None` when the test is skipped.
fn folder(test: &str, variable: &str, name: &str, need: Need) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = match std::env::var_os(variable) {
        Some(folder) => vec![PathBuf::from(folder)],
        None => vec![root.join("../shared/corpus").join(name), root.join("target/corpus").join(name)],
    };
    let found = folders.into_iter().find(|f| f.is_dir());
    if found.is_none() {
        skip(test, need);
    }
    found
}

/// The folder of rules.
pub fn rules(test: &str) -> Option<PathBuf> {
    folder(test, "SIGMA_RULES", "rules", Need::Corpus)
}

/// The folder of recorded attacks, each with the ids of the rules that must match.
pub fn recordings(test: &str) -> Option<PathBuf> {
    folder(test, "SIGMA_RECORDINGS", "regression", Need::Recordings)
}

/// All of them, read.
pub fn read(test: &str) -> Option<Batch> {
    rules(test).map(|folder| Batch::read(discover(&[folder]), &Default::default()))
}
