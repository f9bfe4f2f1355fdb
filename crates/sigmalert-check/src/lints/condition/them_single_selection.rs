//! SG505: `them` is one selection.

use crate::prelude::*;
use sigmalert_sigma::Selector;

/// `them` is one selection.
pub(crate) static LINT: Lint = Lint {
    code: "SG505",
    name: "condition-them-single-selection",
    aliases: &["condition-them-of-one"],
    severity: Severity::Info,
    what: "`them` is one selection.",
    why: "Its name says more.",
    bad: r"detection:
    selection:
        Image|endswith: '\whoami.exe'
    condition: 1 of them
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
        parsed.condition.for_each(&mut |c| {
            if let Condition::Quantified { of: of @ Selector::Them, .. } = c
                && let [(name, _)] = det.matching(of).as_slice()
            {
                out.at(det.condition_pos, format!("`them` is `{name}` alone")).help(format!("write `{name}`"));
            }
        });
    }
}
