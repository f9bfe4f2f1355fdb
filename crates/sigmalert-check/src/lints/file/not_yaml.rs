//! SG001: The file is not valid YAML, or exceeds the parser's limits (16 MiB, 64 levels, 300,000 values).

use crate::prelude::*;

/// The file is not valid YAML, or exceeds the parser's limits (16 MiB, 64 levels, 300,000 values).
pub(crate) static LINT: Lint = Lint {
    code: "SG001",
    name: "not-yaml",
    severity: Severity::Error,
    what: "The file is not valid YAML, or exceeds the parser's limits (16 MiB, 64 levels, 300,000 values).",
    why: "No Sigma tool can read any rule in the file.",
    bad: "title: Whoami: Execution
",
    good: "title: 'Whoami: Execution'
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Reading };
