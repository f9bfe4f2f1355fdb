//! SG702: A filter lacks something or says what it cannot.

use crate::prelude::*;

/// A filter lacks something or says what it cannot.
pub(crate) static LINT: Lint = Lint {
    code: "SG702",
    name: "invalid-filter",
    aliases: &["filter-unfit"],
    severity: Severity::Error,
    what: "A filter lacks something or says what it cannot.",
    why: "It changes nothing.",
    bad: "!filter
filter:
    selection:
        User: scanner
    condition: not selection
",
    good: "!filter
",
    ..BASE
};
