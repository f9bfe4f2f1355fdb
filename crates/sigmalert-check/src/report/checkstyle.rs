//! Checkstyle's XML.

use super::slashed;
use super::xml::escape;
use crate::outcome::Report;
use std::io::{self, Write};

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<checkstyle version="4.3">"#)?;
    for file in report.files.iter().filter(|f| !f.findings.is_empty()) {
        writeln!(out, r#"  <file name="{}">"#, escape(&slashed(&file.path)))?;
        for f in &file.findings {
            let message = match &f.help {
                Some(help) => format!("{} ({help})", f.message),
                None => f.message.clone(),
            };
            writeln!(
                out,
                r#"    <error line="{}" column="{}" severity="{}" message="{}" source="sigmalert.{}"/>"#,
                f.span.start.line,
                f.span.start.column,
                f.severity.name(),
                escape(&message),
                f.lint.code
            )?;
        }
        writeln!(out, "  </file>")?;
    }
    writeln!(out, "</checkstyle>")
}
