//! SG504: `1 of` or `all of` is applied to a single selection.

use crate::prelude::*;
use sigmalert_sigma::Selector;

/// `1 of` or `all of` is applied to a single selection.
pub(crate) static LINT: Lint = Lint {
    code: "SG504",
    name: "condition-of-single-selection",
    aliases: &["condition-of-one"],
    severity: Severity::Info,
    what: "`1 of` or `all of` is applied to a single selection.",
    why: "The name alone means the same; if several were intended, a `*` is missing.",
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
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Detection(check) };

fn check(_: &Doc<'_>, det: &Detection, out: &mut Sink<'_>) {
    for parsed in &det.conditions {
        parsed.condition.for_each(&mut |c| {
            if let Condition::Quantified { of: of @ Selector::Pattern(p), .. } = c
                && let [(name, _)] = det.matching(of).as_slice()
            {
                let help = if of.has_wildcard() {
                    format!("write `{name}`, unless you plan to add more")
                } else {
                    format!("write `{name}`, or `{p}*` to match a prefix")
                };
                out.at(det.condition_pos, format!("`{p}` matches a single selection")).help(help);
            }
        });
    }
}
