//! One JSON object with all data of each finding.

use super::slashed;
use crate::finding::Finding;
use crate::lint::Severity;
use crate::outcome::Report;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::Path;

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let findings: Vec<Value> = report.files.iter().flat_map(|f| f.findings.iter().map(|x| finding(&f.path, x))).collect();
    let object = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "files": report.files.len(),
        "documents": report.files.iter().map(|f| f.documents).sum::<usize>(),
        "errors": report.count(Severity::Error),
        "warnings": report.count(Severity::Warning),
        "infos": report.count(Severity::Info),
        "silenced": report.files.iter().map(|f| f.suppressed).sum::<usize>(),
        "findings": findings,
    });
    writeln!(out, "{object:#}")
}

/// Renders a finding; the ranges of edits are bytes of the file.
fn finding(path: &Path, f: &Finding) -> Value {
    json!({
        "code": f.lint.code,
        "name": f.lint.name,
        "severity": f.severity.name(),
        "file": slashed(path),
        "line": f.span.start.line,
        "column": f.span.start.column,
        "end_line": f.span.end.line,
        "end_column": f.span.end.column,
        "message": f.message,
        "help": f.help,
        "fix": f.fix.as_ref().map(|x| json!({
            "title": x.title,
            "edits": x.edits.iter().map(|e| json!({"start": e.range.start, "end": e.range.end, "text": e.text})).collect::<Vec<_>>(),
        })),
        "related": f.related.iter().map(|n| json!({
            "file": slashed(&n.path), "line": n.pos.line, "column": n.pos.column, "message": n.message,
        })).collect::<Vec<_>>(),
    })
}
