//! SG126: A reference is not a link.

use crate::prelude::*;

/// A reference is not a link.
pub(crate) static LINT: Lint = Lint {
    code: "SG126",
    name: "references-not-a-link",
    severity: Severity::Info,
    what: "A reference is not a link.",
    why: "The analyst who handles the alert cannot open it.",
    bad: "references:
    - Internal Research
",
    good: "references:
    - https://example.com/whoami
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (text, pos) in d.list("references") {
        if !text.contains("://") {
            out.at(pos, "the reference is not a link").help("write a URL, or move the text to a comment");
        }
    }
}
