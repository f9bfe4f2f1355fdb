//! Conversion between the types of the protocol and those of the checker.

use lsp_types::{
    CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString, Position, Range, Uri,
};
use sigmalert_check::report::encoded;
use sigmalert_check::{File, Finding, Severity, Span};
use sigmalert_sigma::yaml::Pos;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Returns the position of a byte in UTF-16 units, the default encoding of the protocol.
pub(super) fn position(file: &File<'_>, offset: usize) -> Position {
    let pos = file.pos_at(offset);
    let start = file.line_range(pos.line as usize).start;
    let units: usize = file.text.get(start..offset).map_or(0, |t| t.encode_utf16().count());
    Position { line: pos.line.saturating_sub(1), character: u32::try_from(units).unwrap_or(u32::MAX) }
}

/// Returns the byte of a position.
pub(super) fn offset(file: &File<'_>, position: Position) -> usize {
    let range = file.line_range(position.line as usize + 1);
    let line = &file.text[range.clone()];
    let mut units = 0u32;
    for (i, c) in line.char_indices() {
        if units >= position.character {
            return range.start + i;
        }
        units += u32::try_from(c.len_utf16()).unwrap_or(1);
    }
    range.end
}

pub(super) fn range(file: &File<'_>, bytes: &std::ops::Range<usize>) -> Range {
    Range { start: position(file, bytes.start), end: position(file, bytes.end) }
}

pub(super) fn span(file: &File<'_>, span: Span) -> Range {
    let at = |p: Pos| position(file, file.offset(p));
    Range { start: at(span.start), end: at(span.end) }
}

/// Converts a finding to a diagnostic.
pub(super) fn diagnostic(file: &File<'_>, f: &Finding) -> Diagnostic {
    let message = match &f.help {
        Some(help) => format!("{}\n{help}", f.message),
        None => f.message.clone(),
    };
    let related: Vec<DiagnosticRelatedInformation> = f
        .related
        .iter()
        .filter_map(|n| {
            let at = Position { line: n.pos.line.saturating_sub(1), character: n.pos.column.saturating_sub(1) };
            let location = Location { uri: uri(&n.path)?, range: Range { start: at, end: at } };
            Some(DiagnosticRelatedInformation { location, message: n.message.clone() })
        })
        .collect();
    Diagnostic {
        range: span(file, f.span),
        severity: Some(match f.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
            Severity::Info => DiagnosticSeverity::INFORMATION,
        }),
        code: Some(NumberOrString::String(f.lint.code.to_owned())),
        code_description: None::<CodeDescription>,
        source: Some("sigmalert".into()),
        message,
        related_information: (!related.is_empty()).then_some(related),
        ..Diagnostic::default()
    }
}

/// Returns the path of a `file:` URI. For other URIs, such as unsaved files, the path is the URI itself.
pub(super) fn path(uri: &Uri) -> PathBuf {
    let text = uri.as_str();
    let Some(rest) = text.strip_prefix("file://") else { return PathBuf::from(text) };
    let mut bytes = Vec::with_capacity(rest.len());
    let mut at = rest.bytes();
    while let Some(b) = at.next() {
        if b == b'%' {
            let digits = [at.next().unwrap_or(b'0'), at.next().unwrap_or(b'0')];
            bytes.push(std::str::from_utf8(&digits).ok().and_then(|d| u8::from_str_radix(d, 16).ok()).unwrap_or(b'?'));
        } else {
            bytes.push(b);
        }
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    // `/C:/rules` on Windows.
    let drive = cfg!(windows) && text.as_bytes().get(2) == Some(&b':');
    PathBuf::from(if drive { text[1..].to_owned() } else { text })
}

/// Returns the `file:` URI of a path.
pub(super) fn uri(path: &Path) -> Option<Uri> {
    let absolute = std::path::absolute(path).ok()?;
    Uri::from_str(&format!("file://{}", encoded(&absolute.to_string_lossy()))).ok()
}
