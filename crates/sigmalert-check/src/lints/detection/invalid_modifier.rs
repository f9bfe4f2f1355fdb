//! SG403: There is no such modifier, or it cannot stand where it does.

use crate::prelude::*;

/// There is no such modifier, or it cannot stand where it does.
pub(crate) static LINT: Lint = Lint {
    code: "SG403",
    name: "invalid-modifier",
    aliases: &["modifier-unfit"],
    severity: Severity::Error,
    what: "There is no such modifier, or it cannot stand where it does.",
    why: "No Sigma tool reads the rule.",
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
