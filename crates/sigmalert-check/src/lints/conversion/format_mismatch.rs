//! SG908: The index stores a field in a different format from the one that the rule compares.

use crate::prelude::*;

/// The index stores a field in a different format from the one that the rule compares.
pub(crate) static LINT: Lint = Lint {
    code: "SG908",
    name: "conversion-format-mismatch",
    aliases: &["conversion-unlike"],
    severity: Severity::Warning,
    what: "The index stores a field in a different format from the one that the rule compares.",
    why: "This part of the rule matches too little or nothing.",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Conversion };
