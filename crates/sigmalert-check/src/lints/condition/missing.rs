//! SG501: The detection has no condition.

use crate::prelude::*;

/// The detection has no condition.
pub(crate) static LINT: Lint = Lint {
    code: "SG501",
    name: "condition-missing",
    severity: Severity::Error,
    what: "The detection has no condition.",
    why: "Selections say what to look for, the condition how they combine: without it no Sigma tool reads the rule.",
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
