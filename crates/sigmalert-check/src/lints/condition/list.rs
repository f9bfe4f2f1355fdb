//! SG510: The condition is a list.

use crate::prelude::*;

/// The condition is a list.
pub(crate) static LINT: Lint = Lint {
    code: "SG510",
    name: "condition-list",
    severity: Severity::Info,
    what: "The condition is a list.",
    why: "sigmalert finds what any of them finds, as the specification says; pySigma makes a query of each.",
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
    check: Check::Detection(check),
    ..BASE
};

fn check(_: &Doc<'_>, det: &Detection, out: &mut Sink<'_>) {
    if det.conditions.len() > 1 {
        out.at(det.condition_pos, format!("{} conditions", det.conditions.len())).help("join them with `or`");
    }
}
