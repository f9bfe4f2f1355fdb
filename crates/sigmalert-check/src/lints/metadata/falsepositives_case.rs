//! SG129: A false positive begins with a small letter.

use crate::prelude::*;

/// A false positive begins with a small letter.
pub(crate) static LINT: Lint = Lint {
    code: "SG129",
    name: "falsepositives-case",
    severity: Severity::Info,
    what: "A false positive begins with a small letter.",
    why: "SigmaHQ's convention; they are shown as sentences.",
    bad: "falsepositives:
    - administrators
",
    good: "falsepositives:
    - Administrators
",
    fix: Some("writes a capital"),
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (text, pos) in d.list("falsepositives") {
        let mut chars = text.chars();
        if let Some(first) = chars.next().filter(|c| c.is_lowercase()) {
            let better: String = first.to_uppercase().chain(chars).collect();
            out.at(pos, "the false positive begins with a small letter").fix(d.reword(pos, text, &better, "Write a capital"));
        }
    }
}
