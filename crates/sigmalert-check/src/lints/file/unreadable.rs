//! SG002: The file cannot be read, is too large or is not UTF-8.

use crate::prelude::*;

/// The file cannot be read, is too large or is not UTF-8.
pub(crate) static LINT: Lint = Lint {
    code: "SG002",
    name: "unreadable",
    severity: Severity::Error,
    what: "The file cannot be read, is too large or is not UTF-8.",
    why: r#"Sigma rules must be UTF-8 (specification, "YAML File"); a rule that cannot be read never fires."#,
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Reading };
