//! SG115: The description contains a link, and the rule has no references.

use crate::prelude::*;

/// The description contains a link, and the rule has no references.
pub(crate) static LINT: Lint = Lint {
    code: "SG115",
    name: "description-link",
    severity: Severity::Info,
    what: "The description contains a link, and the rule has no references.",
    why: "SigmaHQ's convention: links belong in `references`, where tools look for them.",
    bad: "-references
description: Detects whoami, see https://example.com/whoami for more.
",
    good: "description: Detects the execution of whoami.
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if let Some((text, pos)) = d.text("description") {
        let lower = text.to_lowercase();
        if !d.has_value("references") && ["http://", "https://", "internal research"].iter().any(|w| lower.contains(w)) {
            out.at(pos, "the description contains a link, but there are no `references`").help("move it to `references`");
        }
    }
}
