//! SG914: Praeco loses part of the converted rule file when it saves the rule.

use crate::prelude::*;

/// Praeco loses part of the converted rule file when it saves the rule.
pub(crate) static LINT: Lint = Lint {
    code: "SG914",
    name: "conversion-praeco",
    severity: Severity::Info,
    what: "Praeco loses part of the converted rule file when it saves the rule.",
    why: "Options that Praeco does not show are lost on save. The message has the code of `sigmalert lint-rules`.",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Conversion };
