//! Renders reports in text and machine-readable formats.

mod checkstyle;
mod concise;
mod github;
mod gitlab;
mod json;
mod junit;
mod sarif;
pub mod text;
mod xml;

use super::input::Input;
use super::outcome::Report;
use std::io::{self, Write};
use std::path::Path;

/// A report format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Text: each finding with its line and a caret.
    Text,
    /// One line per finding, in the format of compilers.
    Concise,
    /// One JSON object.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands of GitHub Actions: annotations of a pull request.
    Github,
    /// GitLab's code quality report.
    Gitlab,
    /// JUnit XML, for CI servers.
    Junit,
    /// Checkstyle XML, for review tools.
    Checkstyle,
}

impl Format {
    /// All formats with their names on the command line.
    pub const ALL: [(&'static str, Self); 8] = [
        ("text", Self::Text),
        ("concise", Self::Concise),
        ("json", Self::Json),
        ("sarif", Self::Sarif),
        ("github", Self::Github),
        ("gitlab", Self::Gitlab),
        ("junit", Self::Junit),
        ("checkstyle", Self::Checkstyle),
    ];
}

/// Writes a report. The inputs provide the lines to show.
///
/// # Errors
/// When it cannot be written.
pub fn write(report: &Report, inputs: &[Input], format: Format, colour: bool, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => text::write(report, inputs, colour, out),
        Format::Concise => concise::write(report, out),
        Format::Json => json::write(report, out),
        Format::Sarif => sarif::write(report, out),
        Format::Github => github::write(report, out),
        Format::Gitlab => gitlab::write(report, out),
        Format::Junit => junit::write(report, out),
        Format::Checkstyle => checkstyle::write(report, out),
    }
}

/// Returns a path with forward slashes and without a leading `./`.
fn slashed(path: &Path) -> String {
    let text = path.to_string_lossy();
    let text = if cfg!(windows) { text.replace('\\', "/") } else { text.into_owned() };
    text.strip_prefix("./").map(str::to_owned).unwrap_or(text)
}

/// Percent-encodes a path for a URI (RFC 3986).
pub fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for b in path.bytes() {
        if b.is_ascii_alphanumeric() || b"/-._~".contains(&b) {
            out.push(b as char);
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
    }
    out
}
