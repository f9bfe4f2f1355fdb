//! SG115: The description holds a link, and there are no references.

use crate::prelude::*;

/// The description holds a link, and there are no references.
pub(crate) static LINT: Lint = Lint {
    code: "SG115",
    name: "description-link",
    severity: Severity::Info,
    what: "The description holds a link, and there are no references.",
    why: "SigmaHQ's convention: links belong under `references`, where tools find them.",
    bad: "-references
description: Detects whoami, see https://example.com/whoami for more.
",
    good: "description: Detects the execution of whoami.
",
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if let Some((text, pos)) = d.text("description") {
        let lower = text.to_lowercase();
        if !d.says("references") && ["http://", "https://", "internal research"].iter().any(|w| lower.contains(w)) {
            out.at(pos, "the description names a source that `references` does not").help("list it under `references`");
        }
    }
}
