//! SG004: A key holds what it cannot hold.

use crate::prelude::*;

/// A key holds what it cannot hold.
pub(crate) static LINT: Lint = Lint {
    code: "SG004",
    name: "invalid-attribute",
    aliases: &["attribute-unfit"],
    severity: Severity::Error,
    what: "A key holds what it cannot hold.",
    why: "No Sigma tool reads the rule.",
    bad: "description:
    text: Detects whoami.
",
    good: "description: Detects the execution of whoami.
",
    ..BASE
};
