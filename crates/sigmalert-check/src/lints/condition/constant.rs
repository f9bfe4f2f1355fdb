//! SG511: The condition is always true or always false.

use crate::logic::constant;
use crate::prelude::*;

/// The condition is always true or always false.
pub(crate) static LINT: Lint = Lint {
    code: "SG511",
    name: "condition-constant",
    severity: Severity::Error,
    what: "The condition is always true or always false.",
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
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Detection(check) };

fn check(_: &Doc<'_>, det: &Detection, out: &mut Sink<'_>) {
    for parsed in &det.conditions {
        if let Some(holds) = constant(det, &parsed.condition) {
            let what = if holds { "is always true" } else { "is never true" };
            out.at(det.condition_pos, format!("`{}` {what}", parsed.text.trim()));
        }
    }
}
