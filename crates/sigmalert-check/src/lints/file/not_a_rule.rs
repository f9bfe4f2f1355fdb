//! SG003: A document is not a mapping, or its `action` is not `global`, `reset` or `repeat`.

use crate::prelude::*;

/// A document is not a mapping, or its `action` is not `global`, `reset` or `repeat`.
pub(crate) static LINT: Lint = Lint {
    code: "SG003",
    name: "not-a-rule",
    severity: Severity::Error,
    what: "A document is not a mapping, or its `action` is not `global`, `reset` or `repeat`.",
    why: "Each document in a file must be a rule, a correlation or a filter.",
    bad: "!whole
- title: Whoami Execution
",
    good: "!base
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Reading };
