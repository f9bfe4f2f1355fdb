//! SG908: The index stores a field in another form than the rule compares it with.

use crate::prelude::*;

/// The index stores a field in another form than the rule compares it with.
pub(crate) static LINT: Lint = Lint {
    code: "SG908",
    name: "conversion-format-mismatch",
    aliases: &["conversion-unlike"],
    severity: Severity::Warning,
    what: "The index stores a field in another form than the rule compares it with.",
    why: "The part of the rule finds nothing, or not all.",
    check: Check::Conversion,
    ..BASE
};
