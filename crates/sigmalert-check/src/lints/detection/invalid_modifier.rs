//! SG403: A modifier is unknown, or cannot be used here.

use crate::prelude::*;

/// A modifier is unknown, or cannot be used here.
pub(crate) static LINT: Lint = Lint {
    code: "SG403",
    name: "invalid-modifier",
    aliases: &["modifier-unfit"],
    severity: Severity::Error,
    what: "A modifier is unknown, or cannot be used here.",
    why: "No Sigma tool accepts the rule.",
    bad: r"detection:
    selection:
        Image|endwith: '\whoami.exe'
    condition: selection
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
