//! SG512: The condition only says what is not looked for.

use crate::logic::constant;
use crate::logic::holds_of_nothing;
use crate::prelude::*;

/// The condition only says what is not looked for.
pub(crate) static LINT: Lint = Lint {
    code: "SG512",
    name: "condition-only-excludes",
    severity: Severity::Warning,
    what: "The condition only says what is not looked for.",
    why: "The rule alerts on every other event of its logsource, those without the field included.",
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
    check: Check::Rule(check),
    ..BASE
};

fn check(_: &Doc<'_>, r: &Rule, out: &mut Sink<'_>) {
    let det = &r.detection;
    for parsed in &det.conditions {
        if constant(det, &parsed.condition).is_none() && holds_of_nothing(det, &parsed.condition) {
            out.at(det.condition_pos, "the condition holds of every event that no selection finds").help("say what is looked for");
        }
    }
}
