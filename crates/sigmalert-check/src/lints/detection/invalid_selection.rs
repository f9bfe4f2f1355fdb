//! SG402: A selection is empty, or nested where values are expected.

use crate::prelude::*;

/// A selection is empty, or nested where values are expected.
pub(crate) static LINT: Lint = Lint {
    code: "SG402",
    name: "invalid-selection",
    aliases: &["selection-unfit"],
    severity: Severity::Error,
    what: "A selection is empty, or nested where values are expected.",
    why: "Tools reject the rule or interpret it differently.",
    bad: r"detection:
    selection:
        Image:
            endswith: '\whoami.exe'
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
