//! SG508: The condition has an aggregation after `|`.

use crate::prelude::*;

/// The condition has an aggregation after `|`.
pub(crate) static LINT: Lint = Lint {
    code: "SG508",
    name: "condition-aggregation",
    severity: Severity::Warning,
    what: "The condition has an aggregation after `|`.",
    why: "Version 2 of the specification replaces aggregations with correlations; pySigma rejects them.",
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
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Detection(check) };

fn check(_: &Doc<'_>, det: &Detection, out: &mut Sink<'_>) {
    if det.conditions.iter().any(|c| c.aggregation.is_some()) {
        out.at(det.condition_pos, "aggregations are deprecated").help("replace it with a correlation");
    }
}
