//! `file:line:column: severity[code] message`

use super::text::clean;
use crate::outcome::Report;
use std::io::{self, Write};

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for file in &report.files {
        for f in &file.findings {
            let message = clean(&f.message).replace('\n', " ");
            writeln!(out, "{}:{}: {}[{}] {message}", file.path.display(), f.span.start, f.severity.name(), f.lint.code)?;
        }
    }
    Ok(())
}
