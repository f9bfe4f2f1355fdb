//! SG401: The rule has no detection.

use crate::prelude::*;

/// The rule has no detection.
pub(crate) static LINT: Lint = Lint {
    code: "SG401",
    name: "detection-missing",
    severity: Severity::Error,
    what: "The rule has no detection.",
    why: "It detects nothing, and no Sigma tool accepts it.",
    bad: "-detection
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
