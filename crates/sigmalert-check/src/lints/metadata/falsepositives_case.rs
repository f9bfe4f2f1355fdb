//! SG129: A false positive starts with a lower-case letter.

use crate::prelude::*;

/// A false positive starts with a lower-case letter.
pub(crate) static LINT: Lint = Lint {
    code: "SG129",
    name: "falsepositives-case",
    severity: Severity::Info,
    what: "A false positive starts with a lower-case letter.",
    why: "SigmaHQ's convention; they are displayed as sentences.",
    bad: "falsepositives:
    - administrators
",
    good: "falsepositives:
    - Administrators
",
    fix: Some("capitalizes it"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (text, pos) in d.list("falsepositives") {
        let mut chars = text.chars();
        if let Some(first) = chars.next().filter(|c| c.is_lowercase()) {
            let better: String = first.to_uppercase().chain(chars).collect();
            out.at(pos, "the false positive starts with a lower-case letter").fix(d.reword(pos, text, &better, "Capitalize it"));
        }
    }
}
