//! SG506: The condition uses `1 of them` or `all of them`.

use crate::prelude::*;
use sigmalert_sigma::Selector;

/// The condition uses `1 of them` or `all of them`.
pub(crate) static LINT: Lint = Lint {
    code: "SG506",
    name: "condition-of-them",
    severity: Severity::Info,
    what: "The condition uses `1 of them` or `all of them`.",
    why: "A selection added later silently changes its meaning; SigmaHQ's convention is `selection_*`.",
    bad: r"detection:
    selection_name:
        Image|endswith: '\whoami.exe'
    selection_original:
        OriginalFileName: 'whoami.exe'
    condition: 1 of them
",
    good: r"detection:
    selection_name:
        Image|endswith: '\whoami.exe'
    selection_original:
        OriginalFileName: 'whoami.exe'
    condition: 1 of selection_*
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Detection(check) };

fn check(_: &Doc<'_>, det: &Detection, out: &mut Sink<'_>) {
    for parsed in &det.conditions {
        let mut found = false;
        parsed
            .condition
            .for_each(&mut |c| found |= matches!(c, Condition::Quantified { of: of @ Selector::Them, .. } if det.matching(of).len() > 1));
        if found {
            out.at(det.condition_pos, "the condition uses `them`").help("refer to the selections by a pattern such as `selection_*`");
        }
    }
}
