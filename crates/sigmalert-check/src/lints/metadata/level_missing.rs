//! SG110: The rule has no level.

use crate::prelude::*;

/// The rule has no level.
pub(crate) static LINT: Lint = Lint {
    code: "SG110",
    name: "level-missing",
    severity: Severity::Warning,
    what: "The rule has no level.",
    why: "The level decides how urgent an alert is; ElastAlert's `priority` is derived from it.",
    bad: "-level
",
    good: "level: low
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if !d.has_value("level") && !d.is_filter() {
        out.at(d.at(), "the rule has no `level`").help("the levels are informational, low, medium, high, critical");
    }
}
