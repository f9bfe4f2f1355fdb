//! SG509: The detection has a `timeframe` but no aggregation.

use crate::prelude::*;

/// The detection has a `timeframe` but no aggregation.
pub(crate) static LINT: Lint = Lint {
    code: "SG509",
    name: "condition-timeframe-unused",
    severity: Severity::Warning,
    what: "The detection has a `timeframe` but no aggregation.",
    why: "It has no effect.",
    bad: r"detection:
    selection:
        Image|endswith: '\whoami.exe'
    condition: selection
    timeframe: 5m
",
    good: r"detection:
    selection:
        Image|endswith: '\whoami.exe'
    condition: selection
",
    fix: Some("removes it"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Detection(check) };

fn check(d: &Doc<'_>, det: &Detection, out: &mut Sink<'_>) {
    if det.timeframe.is_some()
        && det.conditions.iter().all(|c| c.aggregation.is_none())
        && let Some((key, _)) = d.in_detection("timeframe")
    {
        let fix = d.drop_entry(key.pos, "Remove it").map(Fix::changing);
        out.at(key.pos, "`timeframe` without an aggregation").fix(fix);
    }
}
