//! SG112: The rule has no description.

use crate::prelude::*;

/// The rule has no description.
pub(crate) static LINT: Lint = Lint {
    code: "SG112",
    name: "description-missing",
    severity: Severity::Warning,
    what: "The rule has no description.",
    why: "The analyst who handles the alert needs to know what it means.",
    bad: "-description
",
    good: "description: Detects the execution of whoami.
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if !d.has_value("description") && !d.is_filter() {
        out.at(d.at(), "the rule has no `description`").help("describe what the rule detects, and why it matters");
    }
}
