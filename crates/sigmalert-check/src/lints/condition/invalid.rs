//! SG502: The condition cannot be read, or names what is not there.

use crate::prelude::*;

/// The condition cannot be read, or names what is not there.
pub(crate) static LINT: Lint = Lint {
    code: "SG502",
    name: "invalid-condition",
    aliases: &["condition-unfit"],
    severity: Severity::Error,
    what: "The condition cannot be read, or names what is not there.",
    why: "Some tools refuse the rule; others drop the part in silence, and find more or less than was meant.",
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
