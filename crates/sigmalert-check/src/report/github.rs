//! Workflow commands of GitHub Actions, which become annotations of the lines of a pull request.

use super::slashed;
use crate::lint::Severity;
use crate::outcome::Report;
use std::io::{self, Write};

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for file in &report.files {
        let path = property(&slashed(&file.path));
        for f in &file.findings {
            let command = match f.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info => "notice",
            };
            let message = match &f.help {
                Some(help) => format!("{}\n{help}", f.message),
                None => f.message.clone(),
            };
            let (s, e) = (f.span.start, f.span.end);
            let title = property(&format!("{} {}", f.lint.code, f.lint.name));
            // Columns count only within one line.
            let end = if s.line == e.line { format!(",endColumn={}", e.column) } else { String::new() };
            writeln!(
                out,
                "::{command} file={path},line={},endLine={},col={}{end},title={title}::{}",
                s.line,
                e.line,
                s.column,
                data(&message)
            )?;
        }
    }
    Ok(())
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
