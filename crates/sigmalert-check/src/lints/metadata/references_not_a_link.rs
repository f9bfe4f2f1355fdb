//! SG126: A reference is no link.

use crate::prelude::*;

/// A reference is no link.
pub(crate) static LINT: Lint = Lint {
    code: "SG126",
    name: "references-not-a-link",
    severity: Severity::Info,
    what: "A reference is no link.",
    why: "Whoever handles the alert cannot follow it.",
    bad: "references:
    - Internal Research
",
    good: "references:
    - https://example.com/whoami
",
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (text, pos) in d.list("references") {
        if !text.contains("://") {
            out.at(pos, "the reference is no link").help("write the address, or put it into a comment");
        }
    }
}
