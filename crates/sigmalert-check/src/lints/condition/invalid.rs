//! SG502: The condition is not valid, or refers to an unknown selection.

use crate::prelude::*;

/// The condition is not valid, or refers to an unknown selection.
pub(crate) static LINT: Lint = Lint {
    code: "SG502",
    name: "invalid-condition",
    aliases: &["condition-unfit"],
    severity: Severity::Error,
    what: "The condition is not valid, or refers to an unknown selection.",
    why: "Some tools reject the rule; others silently drop the part, so the rule matches too much or too little.",
    bad: r"detection:
    selection:
        Image|endswith: '\whoami.exe'
    condition: selektion
",
    good: r"detection:
    selection:
        Image|endswith: '\whoami.exe'
    condition: selection
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Reading };
