//! SG509: There is a `timeframe`, and no aggregation that it is about.

use crate::prelude::*;

/// There is a `timeframe`, and no aggregation that it is about.
pub(crate) static LINT: Lint = Lint {
    code: "SG509",
    name: "condition-timeframe-unused",
    severity: Severity::Warning,
    what: "There is a `timeframe`, and no aggregation that it is about.",
    why: "It says nothing.",
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
    check: Check::Detection(check),
    ..BASE
};

fn check(d: &Doc<'_>, det: &Detection, out: &mut Sink<'_>) {
    if det.timeframe.is_some()
        && det.conditions.iter().all(|c| c.aggregation.is_none())
        && let Some((key, _)) = d.in_detection("timeframe")
    {
        let fix = d.drop_entry(key.pos, "Remove it").map(Fix::changing);
        out.at(key.pos, "`timeframe` without an aggregation").fix(fix);
    }
}
