//! SG701: A correlation lacks something or says what it cannot.

use crate::prelude::*;

/// A correlation lacks something or says what it cannot.
pub(crate) static LINT: Lint = Lint {
    code: "SG701",
    name: "invalid-correlation",
    aliases: &["correlation-unfit"],
    severity: Severity::Error,
    what: "A correlation lacks something or says what it cannot.",
    why: "No Sigma tool reads it.",
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
