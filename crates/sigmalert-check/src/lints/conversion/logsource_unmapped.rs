//! SG902: The mapping has no place for the logsource.

use crate::prelude::*;

/// The mapping has no place for the logsource.
pub(crate) static LINT: Lint = Lint {
    code: "SG902",
    name: "conversion-logsource-unmapped",
    severity: Severity::Warning,
    what: "The mapping has no place for the logsource.",
    why: "The rule is converted with names of fields that no index may have.",
    bad: "!mapping
logsource:
    product: acme
    service: vault
",
    good: "level: low
",
    check: Check::Conversion,
    ..BASE
};
