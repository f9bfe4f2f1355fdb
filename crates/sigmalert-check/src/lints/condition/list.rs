//! SG510: The condition is a list.

use crate::prelude::*;

/// The condition is a list.
pub(crate) static LINT: Lint = Lint {
    code: "SG510",
    name: "condition-list",
    severity: Severity::Info,
    what: "The condition is a list.",
    why: "sigmalert matches if any of the conditions matches, as the specification requires; pySigma creates a query for each.",
    bad: r"detection:
    selection:
        Image|endswith: '\whoami.exe'
    other:
        OriginalFileName: 'whoami.exe'
    condition:
        - selection
        - other
",
    good: r"detection:
    selection:
        Image|endswith: '\whoami.exe'
    other:
        OriginalFileName: 'whoami.exe'
    condition: selection or other
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Detection(check) };

fn check(_: &Doc<'_>, det: &Detection, out: &mut Sink<'_>) {
    if det.conditions.len() > 1 {
        out.at(det.condition_pos, format!("the condition is a list of {}", det.conditions.len())).help("join them with `or`");
    }
}
