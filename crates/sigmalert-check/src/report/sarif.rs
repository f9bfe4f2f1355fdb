//! SARIF 2.1.0 (OASIS): supported by GitHub code scanning, Azure DevOps and others.

use super::{encoded, slashed};
use crate::finding::Finding;
use crate::lint::Severity;
use crate::outcome::Report;
use crate::registry;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::Path;

fn level(s: Severity) -> &'static str {
    match s {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let rules: Vec<Value> = registry::all()
        .iter()
        .map(|l| {
            json!({
                "id": l.code,
                "name": l.name,
                "shortDescription": {"text": l.what},
                "fullDescription": {"text": l.why},
                "defaultConfiguration": {"level": level(l.severity), "enabled": l.default},
                "help": {"text": format!("sigmalert check --explain {}", l.code)},
            })
        })
        .collect();
    let results: Vec<Value> =
        report.files.iter().flat_map(|f| f.findings.iter().zip(&f.fingerprints).map(|(x, print)| result(&f.path, x, print))).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "sigmalert", "version": env!("CARGO_PKG_VERSION"), "rules": rules}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    writeln!(out, "{log:#}")
}

fn result(path: &Path, f: &Finding, print: &str) -> Value {
    let location = |path: &Path, region: Value| json!({"artifactLocation": {"uri": uri(path)}, "region": region});
    let text = match &f.help {
        Some(help) => format!("{}. Help: {help}", f.message),
        None => f.message.clone(),
    };
    let mut result = json!({
        "ruleId": f.lint.code,
        "ruleIndex": registry::all().iter().position(|l| l.code == f.lint.code),
        "level": level(f.severity),
        "message": {"text": text},
        "locations": [{"physicalLocation": location(path, json!({
            "startLine": f.span.start.line, "startColumn": f.span.start.column, "endLine": f.span.end.line, "endColumn": f.span.end.column,
        }))}],
        "partialFingerprints": {"sigmalert/v1": print},
    });
    if !f.related.is_empty() {
        result["relatedLocations"] = f
            .related
            .iter()
            .map(|n| {
                let region = json!({"startLine": n.pos.line.max(1), "startColumn": n.pos.column.max(1)});
                json!({"message": {"text": n.message}, "physicalLocation": location(&n.path, region)})
            })
            .collect();
    }
    if let Some(fix) = &f.fix {
        let replacements: Vec<Value> = fix
            .edits
            .iter()
            .map(|e| {
                json!({
                    "deletedRegion": {"byteOffset": e.range.start, "byteLength": e.range.len()},
                    "insertedContent": {"text": e.text},
                })
            })
            .collect();
        result["fixes"] = json!([{
            "description": {"text": fix.title},
            "artifactChanges": [{"artifactLocation": {"uri": uri(path)}, "replacements": replacements}],
        }]);
    }
    result
}

/// A path as a relative URI reference, or an absolute one.
fn uri(path: &Path) -> String {
    let text = slashed(path);
    let mut out = String::new();
    if text.starts_with('/') {
        out.push_str("file://");
    }
    out.push_str(&encoded(&text));
    out
}
