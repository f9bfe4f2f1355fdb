//! SG108: The rule has no status.

use crate::prelude::*;

/// The rule has no status.
pub(crate) static LINT: Lint = Lint {
    code: "SG108",
    name: "status-missing",
    severity: Severity::Warning,
    what: "The rule has no status.",
    why: "Users select rules by status when they convert a repository; a rule without one is skipped or trusted too much.",
    bad: "-status
",
    good: "status: experimental
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if !d.has_value("status") && !d.is_filter() {
        out.at(d.at(), "the rule has no `status`").help("new rules start as `experimental`");
    }
}
