//! JUnit XML: one suite per file, one test case per finding; a file without findings is a passed case.

use super::slashed;
use super::xml::escape;
use crate::outcome::Report;
use std::io::{self, Write};

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let failures = report.findings().count();
    let tests: usize = report.files.iter().map(|f| f.findings.len().max(1)).sum();
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<testsuites name="sigmalert check" tests="{tests}" failures="{failures}">"#)?;
    for file in &report.files {
        let path = escape(&slashed(&file.path));
        let n = file.findings.len();
        writeln!(out, r#"  <testsuite name="{path}" tests="{}" failures="{n}" errors="0">"#, n.max(1))?;
        if n == 0 {
            writeln!(out, r#"    <testcase name="no findings" classname="{path}"/>"#)?;
        }
        for f in &file.findings {
            let name = format!("{} {} ({})", f.lint.code, f.lint.name, f.span.start);
            writeln!(out, r#"    <testcase name="{}" classname="{path}" line="{}">"#, escape(&name), f.span.start.line)?;
            let body = f.help.as_deref().unwrap_or_default();
            writeln!(out, r#"      <failure type="{}" message="{}">{}</failure>"#, f.severity.name(), escape(&f.message), escape(body))?;
            writeln!(out, "    </testcase>")?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}
