//! A baseline: a file of known findings, which are not reported.

use super::outcome::Report;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Known findings. A finding is identified by its lint, its file and the text of its line: it stays known when lines move, and
/// becomes new when its line changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    version: u32,
    /// The number of findings by file and fingerprint.
    findings: BTreeMap<String, BTreeMap<String, usize>>,
}

/// A file that is not a baseline.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} {message}", .path.display())]
pub struct BaselineError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub message: String,
}

impl BaselineError {
    /// Returns the stable code of the error.
    pub fn code(&self) -> &'static str {
        "baseline"
    }
}

impl Baseline {
    /// Creates a baseline of all findings of a report, with paths relative to a folder.
    pub fn of(report: &Report, root: &Path) -> Self {
        let mut out = Self { version: 1, ..Self::default() };
        for file in &report.files {
            for fingerprint in &file.fingerprints {
                let counts = out.findings.entry(name(&file.path, root)).or_default();
                *counts.entry(fingerprint.clone()).or_default() += 1;
            }
        }
        out
    }

    /// Loads a baseline file.
    ///
    /// # Errors
    /// When it cannot be read, is not a baseline, or has another version.
    pub fn load(path: &Path) -> Result<Self, BaselineError> {
        Self::read(path).map_err(|message| BaselineError { path: path.to_owned(), message })
    }

    fn read(path: &Path) -> Result<Self, String> {
        let text = sigmalert_support::read::read_file(path, 64 << 20)?;
        let baseline: Self = serde_json::from_str(&text).map_err(|e| format!("is not a baseline: {e}"))?;
        if baseline.version != 1 {
            return Err(format!("has version {}, but this release supports only version 1", baseline.version));
        }
        Ok(baseline)
    }

    /// Returns the text of the baseline file.
    pub fn to_text(&self) -> String {
        format!("{}\n", serde_json::to_string_pretty(self).unwrap_or_default())
    }

    /// Returns the number of known findings.
    pub fn len(&self) -> usize {
        self.findings.values().flat_map(BTreeMap::values).sum()
    }

    /// Whether there are no known findings.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// Removes known findings from a report, and returns how many there were.
    pub fn apply(&self, report: &mut Report, root: &Path) -> usize {
        let mut hidden = 0;
        for file in &mut report.files {
            let Some(known) = self.findings.get(&name(&file.path, root)) else { continue };
            let mut left = known.clone();
            let mut keep = Vec::with_capacity(file.findings.len());
            for fingerprint in &file.fingerprints {
                let known = left.get_mut(fingerprint).filter(|n| **n > 0).map(|n| *n -= 1).is_some();
                hidden += usize::from(known);
                keep.push(!known);
            }
            let mut at = keep.iter();
            file.findings.retain(|_| *at.next().unwrap_or(&true));
            let mut at = keep.iter();
            file.fingerprints.retain(|_| *at.next().unwrap_or(&true));
        }
        hidden
    }
}

/// Returns a path relative to the folder of the baseline, with forward slashes.
fn name(path: &Path, root: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    sigmalert_support::read::slashed(absolute.strip_prefix(root).unwrap_or(path))
}
