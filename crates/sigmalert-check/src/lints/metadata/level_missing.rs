//! SG110: The rule has no level.

use crate::prelude::*;

/// The rule has no level.
pub(crate) static LINT: Lint = Lint {
    code: "SG110",
    name: "level-missing",
    severity: Severity::Warning,
    what: "The rule has no level.",
    why: "The level decides whether an alert wakes somebody up; ElastAlert's `priority` is made of it.",
    bad: "-level
",
    good: "level: low
",
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if !d.says("level") && !d.is_filter() {
        out.at(d.at(), "there is no `level`").help("the levels are informational, low, medium, high, critical");
    }
}
