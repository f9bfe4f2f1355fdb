//! SG501: The detection has no condition.

use crate::prelude::*;

/// The detection has no condition.
pub(crate) static LINT: Lint = Lint {
    code: "SG501",
    name: "condition-missing",
    severity: Severity::Error,
    what: "The detection has no condition.",
    why: "Selections define what to match, the condition how to combine them; without it no Sigma tool accepts the rule.",
    bad: r"detection:
    selection:
        Image|endswith: '\whoami.exe'
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
