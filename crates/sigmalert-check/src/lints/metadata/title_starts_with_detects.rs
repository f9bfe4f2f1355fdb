//! SG105: The title starts with `Detects` or `Detection of`.

use crate::prelude::*;

/// The title starts with `Detects` or `Detection of`.
pub(crate) static LINT: Lint = Lint {
    code: "SG105",
    name: "title-starts-with-detects",
    aliases: &["title-says-detects"],
    severity: Severity::Warning,
    what: "The title starts with `Detects` or `Detection of`.",
    why: "Every rule detects something; SigmaHQ's convention is to name what.",
    bad: "title: Detects Whoami Execution
",
    good: "title: Whoami Execution
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if let Some((title, pos)) = d.text("title") {
        let lower = title.to_lowercase();
        if ["detect ", "detects ", "detecting ", "detection of "].iter().any(|w| lower.starts_with(w)) {
            out.at(pos, "the title starts with a form of `detect`").help("name what it detects");
        }
    }
}
