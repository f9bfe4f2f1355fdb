//! Findings as people and machines read them.

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

/// A form of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people: each finding with its line and a caret.
    Text,
    /// A line a finding, as compilers write it and editors jump to.
    Concise,
    /// One JSON object.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands of GitHub Actions: annotations of a pull request.
    Github,
    /// GitLab's code quality report.
    Gitlab,
    /// JUnit's XML, which most CI servers show.
    Junit,
    /// Checkstyle's XML, which most review tools read.
    Checkstyle,
}

impl Format {
    /// All, with the words of the command line.
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

/// Writes a report. The inputs give the lines that are shown.
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

/// A path with forward slashes and without a leading `./`, as services know it.
fn slashed(path: &Path) -> String {
    let text = path.to_string_lossy();
    let text = if cfg!(windows) { text.replace('\\', "/") } else { text.into_owned() };
    text.strip_prefix("./").map(str::to_owned).unwrap_or(text)
}

/// A path as a URI has it (RFC 3986): what is not plain is percent-encoded.
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
