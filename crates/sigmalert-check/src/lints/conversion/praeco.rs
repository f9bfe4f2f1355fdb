//! SG914: Praeco loses something of the rule file that results when it saves it.

use crate::prelude::*;

/// Praeco loses something of the rule file that results when it saves it.
pub(crate) static LINT: Lint = Lint {
    code: "SG914",
    name: "conversion-praeco",
    severity: Severity::Info,
    what: "Praeco loses something of the rule file that results when it saves it.",
    why: "What an analyst does not see, they lose. The message has the code of `sigmalert lint-rules`.",
    check: Check::Conversion,
    ..BASE
};
