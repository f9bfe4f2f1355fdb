//! SG701: A correlation is incomplete or has an invalid value.

use crate::prelude::*;

/// A correlation is incomplete or has an invalid value.
pub(crate) static LINT: Lint = Lint {
    code: "SG701",
    name: "invalid-correlation",
    aliases: &["correlation-unfit"],
    severity: Severity::Error,
    what: "A correlation is incomplete or has an invalid value.",
    why: "No Sigma tool accepts it.",
    bad: "!correlation
correlation:
    type: event_count
    rules:
        - whoami_execution
    group-by:
        - User
    condition:
        gte: 10
",
    good: "!correlation
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Reading };
