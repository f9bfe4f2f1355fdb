//! SG004: A key has a value of the wrong type.

use crate::prelude::*;

/// A key has a value of the wrong type.
pub(crate) static LINT: Lint = Lint {
    code: "SG004",
    name: "invalid-attribute",
    aliases: &["attribute-unfit"],
    severity: Severity::Error,
    what: "A key has a value of the wrong type.",
    why: "No Sigma tool accepts the rule.",
    bad: "description:
    text: Detects whoami.
",
    good: "description: Detects the execution of whoami.
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Reading };
