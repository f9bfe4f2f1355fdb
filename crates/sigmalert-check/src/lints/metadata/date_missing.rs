//! SG117: The rule has no date.

use crate::prelude::*;

/// The rule has no date.
pub(crate) static LINT: Lint = Lint {
    code: "SG117",
    name: "date-missing",
    severity: Severity::Warning,
    what: "The rule has no date.",
    why: "Nobody can tell whether it is of this year or of ten years ago.",
    bad: "-date
",
    good: "date: 2024-05-01
",
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if !d.says("date") && !d.is_filter() {
        out.at(d.at(), "there is no `date`").help("write the day the rule was made, such as 2024-05-01");
    }
}
