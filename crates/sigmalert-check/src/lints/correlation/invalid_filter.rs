//! SG702: A filter is incomplete or has an invalid value.

use crate::prelude::*;

/// A filter is incomplete or has an invalid value.
pub(crate) static LINT: Lint = Lint {
    code: "SG702",
    name: "invalid-filter",
    aliases: &["filter-unfit"],
    severity: Severity::Error,
    what: "A filter is incomplete or has an invalid value.",
    why: "It has no effect.",
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

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Reading };
