//! SG504: `1 of` or `all of` stands before one selection.

use crate::prelude::*;
use sigmalert_sigma::Selector;

/// `1 of` or `all of` stands before one selection.
pub(crate) static LINT: Lint = Lint {
    code: "SG504",
    name: "condition-of-single-selection",
    aliases: &["condition-of-one"],
    severity: Severity::Info,
    what: "`1 of` or `all of` stands before one selection.",
    why: "The name alone says the same; where more were meant, a `*` is missing.",
    bad: r"detection:
    selection:
        Image|endswith: '\whoami.exe'
    condition: 1 of selection
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
            if let Condition::Quantified { of: of @ Selector::Pattern(p), .. } = c
                && let [(name, _)] = det.matching(of).as_slice()
            {
                let help = if of.has_wildcard() {
                    format!("write `{name}`, unless more are to come")
                } else {
                    format!("write `{name}`, or `{p}*` for those that begin so")
                };
                out.at(det.condition_pos, format!("`{p}` is one selection")).help(help);
            }
        });
    }
}
