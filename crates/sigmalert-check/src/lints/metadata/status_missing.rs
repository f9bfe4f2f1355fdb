//! SG108: The rule has no status.

use crate::prelude::*;

/// The rule has no status.
pub(crate) static LINT: Lint = Lint {
    code: "SG108",
    name: "status-missing",
    severity: Severity::Warning,
    what: "The rule has no status.",
    why: "Who converts a whole repository chooses by status; a rule without one is left out or trusted too much.",
    bad: "-status
",
    good: "status: experimental
",
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if !d.says("status") && !d.is_filter() {
        out.at(d.at(), "there is no `status`").help("new rules begin with `experimental`");
    }
}
