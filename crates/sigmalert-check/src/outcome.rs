//! The findings of a check, by file.

use crate::finding::Finding;
use crate::lint::Severity;
use std::path::PathBuf;

/// The findings of one file.
#[derive(Debug, Default)]
pub struct FileReport {
    /// The path of the file.
    pub path: PathBuf,
    /// The findings, in the order of the text.
    pub findings: Vec<Finding>,
    /// A fingerprint for each finding, in the same order, by which a [`crate::Baseline`] recognizes it.
    pub fingerprints: Vec<String>,
    /// The number of findings that comments suppress.
    pub suppressed: usize,
    /// The number of documents.
    pub documents: usize,
    /// Whether the file is YAML of another kind, which is skipped.
    pub foreign: bool,
}

/// The findings of all files.
#[derive(Debug, Default)]
pub struct Report {
    /// The files, in the order of the inputs.
    pub files: Vec<FileReport>,
}

impl Report {
    /// Returns all findings.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.files.iter().flat_map(|f| &f.findings)
    }

    /// Returns the number of findings of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings().filter(|f| f.severity == severity).count()
    }
}
