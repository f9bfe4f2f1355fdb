//! SG402: A selection has a shape that means nothing: empty, or nested where values belong.

use crate::prelude::*;

/// A selection has a shape that means nothing: empty, or nested where values belong.
pub(crate) static LINT: Lint = Lint {
    code: "SG402",
    name: "invalid-selection",
    aliases: &["selection-unfit"],
    severity: Severity::Error,
    what: "A selection has a shape that means nothing: empty, or nested where values belong.",
    why: "No Sigma tool reads the rule, or each reads it in its own way.",
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
