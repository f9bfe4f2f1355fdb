//! SG911: Lists of values are converted to regular expressions to stay within the limits of the index.

use crate::prelude::*;

/// Lists of values are converted to regular expressions to stay within the limits of the index.
pub(crate) static LINT: Lint = Lint {
    code: "SG911",
    name: "conversion-compacted",
    severity: Severity::Info,
    what: "Lists of values are converted to regular expressions to stay within the limits of the index.",
    why: "An index accepts 1024 clauses by default; the query matches the same events but is harder to read.",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Conversion };
