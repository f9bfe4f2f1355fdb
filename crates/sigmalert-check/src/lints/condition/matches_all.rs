//! SG513: The rule matches every event.

use crate::logic::always;
use crate::logic::constant;
use crate::prelude::*;

/// The rule matches every event.
pub(crate) static LINT: Lint = Lint {
    code: "SG513",
    name: "condition-matches-all",
    severity: Severity::Error,
    what: "The rule matches every event.",
    why: "It alerts on every event of its logsource.",
    bad: "detection:
    selection:
        - Image|exists: true
        - Image|exists: false
    condition: selection
",
    good: r"detection:
    selection:
        - Image|endswith: '\whoami.exe'
    condition: selection
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Logic(check) };

fn check(_: &Doc<'_>, r: &Rule, e: &Expr, out: &mut Sink<'_>) {
    // SG511 reports conditions that are constant regardless of their selections.
    if r.detection.conditions.iter().any(|c| constant(&r.detection, &c.condition).is_some()) {
        return;
    }
    if always(e) {
        out.at(r.detection.condition_pos, "the rule matches every event of its logsource");
    }
}
