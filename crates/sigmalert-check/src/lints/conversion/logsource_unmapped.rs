//! SG902: The mapping does not cover the logsource.

use crate::prelude::*;

/// The mapping does not cover the logsource.
pub(crate) static LINT: Lint = Lint {
    code: "SG902",
    name: "conversion-logsource-unmapped",
    severity: Severity::Warning,
    what: "The mapping does not cover the logsource.",
    why: "The query uses field names that the index may not have.",
    bad: "!mapping
logsource:
    product: acme
    service: vault
",
    good: "level: low
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Conversion };
