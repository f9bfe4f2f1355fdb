//! SG005: The file contains no document.

use crate::prelude::*;

/// The file contains no document.
pub(crate) static LINT: Lint = Lint {
    code: "SG005",
    name: "empty-file",
    severity: Severity::Warning,
    what: "The file contains no document.",
    why: "It looks like a rule but detects nothing.",
    bad: "!whole
# to do
",
    good: "!base
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Reading };
