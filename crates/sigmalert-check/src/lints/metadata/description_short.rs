//! SG113: The description has fewer than 16 characters.

use crate::prelude::*;

/// The description has fewer than 16 characters.
pub(crate) static LINT: Lint = Lint {
    code: "SG113",
    name: "description-short",
    severity: Severity::Info,
    what: "The description has fewer than 16 characters.",
    why: "SigmaHQ rejects it: it is too short to explain the rule.",
    bad: "description: Whoami
",
    good: "description: Detects the execution of whoami.
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if let Some((text, pos)) = d.text("description") {
        let length = text.trim().chars().count();
        if (1..16).contains(&length) {
            out.at(pos, format!("the description has {length} characters"));
        }
    }
}
