//! SG512: The condition only excludes events.

use crate::logic::constant;
use crate::logic::only_excludes;
use crate::prelude::*;

/// The condition only excludes events.
pub(crate) static LINT: Lint = Lint {
    code: "SG512",
    name: "condition-only-excludes",
    severity: Severity::Warning,
    what: "The condition only excludes events.",
    why: "The rule alerts on every other event of its logsource, including those without the field.",
    bad: r"detection:
    filter:
        Image|endswith: '\whoami.exe'
    condition: not filter
",
    good: r"detection:
    selection:
        Image|endswith: '.exe'
    filter:
        Image|endswith: '\whoami.exe'
    condition: selection and not filter
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Rule(check) };

fn check(_: &Doc<'_>, r: &Rule, out: &mut Sink<'_>) {
    let det = &r.detection;
    for parsed in &det.conditions {
        if constant(det, &parsed.condition).is_none() && only_excludes(det, &parsed.condition) {
            out.at(det.condition_pos, "the condition matches every event that no selection matches").help("add a selection to match");
        }
    }
}
