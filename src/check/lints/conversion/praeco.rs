//! SG914: Praeco loses something of the rule file that results when it saves it.

use crate::check::prelude::*;

/// Praeco loses something of the rule file that results when it saves it.
pub(in crate::check) static LINT: Lint = Lint {
    code: "SG914",
    name: "conversion-praeco",
    severity: Severity::Info,
    what: "Praeco loses something of the rule file that results when it saves it.",
    why: "What an analyst does not see, they lose. The message has the code of `sigmalert lint-rules`.",
    check: Check::Conversion,
    ..BASE
};
