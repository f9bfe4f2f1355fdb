//! SG505: `them` refers to a single selection.

use crate::prelude::*;
use sigmalert_sigma::Selector;

/// `them` refers to a single selection.
pub(crate) static LINT: Lint = Lint {
    code: "SG505",
    name: "condition-them-single-selection",
    aliases: &["condition-them-of-one"],
    severity: Severity::Info,
    what: "`them` refers to a single selection.",
    why: "Its name is clearer.",
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
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Detection(check) };

fn check(_: &Doc<'_>, det: &Detection, out: &mut Sink<'_>) {
    for parsed in &det.conditions {
        parsed.condition.for_each(&mut |c| {
            if let Condition::Quantified { of: of @ Selector::Them, .. } = c
                && let [(name, _)] = det.matching(of).as_slice()
            {
                out.at(det.condition_pos, format!("`them` matches only `{name}`")).help(format!("write `{name}`"));
            }
        });
    }
}
