//! SG105: The title begins with `Detects` or `Detection of`.

use crate::prelude::*;

/// The title begins with `Detects` or `Detection of`.
pub(crate) static LINT: Lint = Lint {
    code: "SG105",
    name: "title-starts-with-detects",
    aliases: &["title-says-detects"],
    severity: Severity::Warning,
    what: "The title begins with `Detects` or `Detection of`.",
    why: "Every rule detects something; SigmaHQ's title convention asks for what.",
    bad: "title: Detects Whoami Execution
",
    good: "title: Whoami Execution
",
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if let Some((title, pos)) = d.text("title") {
        let lower = title.to_lowercase();
        if ["detect ", "detects ", "detecting ", "detection of "].iter().any(|w| lower.starts_with(w)) {
            out.at(pos, "the title says that the rule detects").help("name what it detects");
        }
    }
}
