//! SG117: The rule has no date.

use crate::prelude::*;

/// The rule has no date.
pub(crate) static LINT: Lint = Lint {
    code: "SG117",
    name: "date-missing",
    severity: Severity::Warning,
    what: "The rule has no date.",
    why: "The age of the rule is unknown.",
    bad: "-date
",
    good: "date: 2024-05-01
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if !d.has_value("date") && !d.is_filter() {
        out.at(d.at(), "the rule has no `date`").help("add the day the rule was created, such as 2024-05-01");
    }
}
