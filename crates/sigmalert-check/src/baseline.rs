//! A file of findings that are known and not told: what is new stands out while the old is mended in its own time.

use super::outcome::Report;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Known findings. A finding is known by its lint, its file, and the text of its line: it stays known when lines move,
/// and is new when the line is changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    version: u32,
    /// By file, and by lint and line: how often.
    findings: BTreeMap<String, BTreeMap<String, usize>>,
}

impl Baseline {
    /// All that a report tells.
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

    /// Reads a file.
    ///
    /// # Errors
    /// With a message that says what is wrong.
    pub fn load(path: &Path) -> Result<Self, String> {
        let text = sigmalert_support::read::read_file(path, 64 << 20)?;
        let baseline: Self = serde_json::from_str(&text).map_err(|e| format!("is no baseline: {e}"))?;
        if baseline.version != 1 {
            return Err(format!("has version {}, and this release knows 1", baseline.version));
        }
        Ok(baseline)
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        format!("{}\n", serde_json::to_string_pretty(self).unwrap_or_default())
    }

    /// How many findings it knows.
    pub fn len(&self) -> usize {
        self.findings.values().flat_map(BTreeMap::values).sum()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// Takes what is known out of a report; how many findings that were.
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

/// A file as a baseline names it: relative to the folder of the baseline, with forward slashes.
fn name(path: &Path, root: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    sigmalert_support::read::slashed(absolute.strip_prefix(root).unwrap_or(path))
}
