//! SG002: The file cannot be read, is too large or is not UTF-8.

use crate::prelude::*;

/// The file cannot be read, is too large or is not UTF-8.
pub(crate) static LINT: Lint = Lint {
    code: "SG002",
    name: "unreadable",
    severity: Severity::Error,
    what: "The file cannot be read, is too large or is not UTF-8.",
    why: r#"Sigma rules are UTF-8 (specification, "YAML File"); a rule that cannot be read is a rule that does not fire."#,
    ..BASE
};
