//! SG511: The condition holds always or never, whatever the events are.

use crate::logic::constant;
use crate::prelude::*;

/// The condition holds always or never, whatever the events are.
pub(crate) static LINT: Lint = Lint {
    code: "SG511",
    name: "condition-constant",
    severity: Severity::Error,
    what: "The condition holds always or never, whatever the events are.",
    why: "The rule alerts on every event of its logsource, or on none.",
    bad: r"detection:
    selection:
        Image|endswith: '\whoami.exe'
    condition: selection and not selection
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
    for parsed in &det.conditions {
        if let Some(holds) = constant(det, &parsed.condition) {
            let what = if holds { "always holds" } else { "never holds" };
            out.at(det.condition_pos, format!("`{}` {what}", parsed.text.trim()));
        }
    }
}
