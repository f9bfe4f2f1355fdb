//! GitLab's code quality report: the part of Code Climate's format that it reads.

use super::slashed;
use crate::lint::Severity;
use crate::outcome::Report;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sigmalert_support::hex::hex;
use std::collections::HashMap;
use std::io::{self, Write};

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut issues: Vec<Value> = Vec::new();
    for file in &report.files {
        let path = slashed(&file.path);
        // Fingerprints must be unique: number identical ones.
        let mut seen: HashMap<&str, usize> = HashMap::new();
        for (f, print) in file.findings.iter().zip(&file.fingerprints) {
            let nth = seen.entry(print).or_default();
            *nth += 1;
            let fingerprint = hex(&Sha256::digest(format!("{path}\0{print}\0{nth}"))[..16]);
            issues.push(json!({
                "description": f.message,
                "check_name": f.lint.code,
                "fingerprint": fingerprint,
                "severity": match f.severity { Severity::Error => "major", Severity::Warning => "minor", Severity::Info => "info" },
                "location": {"path": path, "lines": {"begin": f.span.start.line}},
            }));
        }
    }
    writeln!(out, "{:#}", Value::Array(issues))
}
