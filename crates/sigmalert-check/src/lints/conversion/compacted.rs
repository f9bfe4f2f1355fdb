//! SG911: Lists of values became regular expressions, to stay within the index's limits.

use crate::prelude::*;

/// Lists of values became regular expressions, to stay within the index's limits.
pub(crate) static LINT: Lint = Lint {
    code: "SG911",
    name: "conversion-compacted",
    severity: Severity::Info,
    what: "Lists of values became regular expressions, to stay within the index's limits.",
    why: "An index takes 1024 clauses as it comes; the query finds the same, and is harder to read.",
    check: Check::Conversion,
    ..BASE
};
