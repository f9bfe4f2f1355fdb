//! SG005: The file holds no document.

use crate::prelude::*;

/// The file holds no document.
pub(crate) static LINT: Lint = Lint {
    code: "SG005",
    name: "empty-file",
    severity: Severity::Warning,
    what: "The file holds no document.",
    why: "It looks like a rule and detects nothing.",
    bad: "!whole
# to do
",
    good: "!base
",
    ..BASE
};
