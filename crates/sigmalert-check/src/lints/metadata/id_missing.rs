//! SG106: The rule has no id.

use crate::prelude::*;

/// The rule has no id.
pub(crate) static LINT: Lint = Lint {
    code: "SG106",
    name: "id-missing",
    severity: Severity::Warning,
    what: "The rule has no id.",
    why: "Nothing can reference a rule without an id, and its converted rule file cannot be found again after the title changes.",
    bad: "-id
",
    good: "id: 5f0c7d1e-3a44-4b0e-9d6f-2f1f2c3b4a5d
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if !d.has_value("id") {
        out.at(d.at(), "the rule has no `id`").help("add a random UUID, for example from `uuidgen`");
    }
}
