//! SG001: The file is not YAML, or goes beyond the bounds of what is read (16 MiB, 64 levels, 300,000 values).

use crate::prelude::*;

/// The file is not YAML, or goes beyond the bounds of what is read (16 MiB, 64 levels, 300,000 values).
pub(crate) static LINT: Lint = Lint {
    code: "SG001",
    name: "not-yaml",
    severity: Severity::Error,
    what: "The file is not YAML, or goes beyond the bounds of what is read (16 MiB, 64 levels, 300,000 values).",
    why: "No Sigma tool reads any rule of the file.",
    bad: "title: Whoami: Execution
",
    good: "title: 'Whoami: Execution'
",
    ..BASE
};
