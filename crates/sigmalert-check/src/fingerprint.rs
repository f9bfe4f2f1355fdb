//! Fingerprints of findings, which stay the same when lines move.

use super::file::File;
use super::finding::Finding;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Returns a fingerprint for each finding: its code and a hash of its line. Each line is hashed once.
pub(super) fn fingerprints(file: &File<'_>, findings: &[Finding]) -> Vec<String> {
    let mut hashes: HashMap<u32, String> = HashMap::new();
    let fingerprint = |f: &Finding| {
        let line = f.span.start.line;
        let hash = hashes.entry(line).or_insert_with(|| {
            let hash = Sha256::digest(file.line(line as usize).trim().as_bytes());
            sigmalert_support::hex::hex(&hash[..6])
        });
        format!("{} {hash}", f.lint.code)
    };
    findings.iter().map(fingerprint).collect()
}
