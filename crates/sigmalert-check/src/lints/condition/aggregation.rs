//! SG508: The condition has an aggregation behind `|`.

use crate::prelude::*;

/// The condition has an aggregation behind `|`.
pub(crate) static LINT: Lint = Lint {
    code: "SG508",
    name: "condition-aggregation",
    severity: Severity::Warning,
    what: "The condition has an aggregation behind `|`.",
    why: "Version 2 of the specification has correlations in its place; pySigma refuses it.",
    bad: r"detection:
    selection:
        Image|endswith: '\whoami.exe'
    condition: selection | count() by User > 5
    timeframe: 5m
",
    good: r"detection:
    selection:
        Image|endswith: '\whoami.exe'
    condition: selection
",
    check: Check::Detection(check),
    ..BASE
};

fn check(_: &Doc<'_>, det: &Detection, out: &mut Sink<'_>) {
    if det.conditions.iter().any(|c| c.aggregation.is_some()) {
        out.at(det.condition_pos, "the aggregation is of an older version").help("write a correlation over the rule");
    }
}
