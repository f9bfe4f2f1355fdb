//! SG003: A document is no mapping, or its `action` is none of global, reset and repeat.

use crate::prelude::*;

/// A document is no mapping, or its `action` is none of global, reset and repeat.
pub(crate) static LINT: Lint = Lint {
    code: "SG003",
    name: "not-a-rule",
    severity: Severity::Error,
    what: "A document is no mapping, or its `action` is none of global, reset and repeat.",
    why: "Each document of a file is one rule, correlation or filter.",
    bad: "!whole
- title: Whoami Execution
",
    good: "!base
",
    ..BASE
};
