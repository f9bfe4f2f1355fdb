//! SG907: A value is compared with a field that can never hold it.

use crate::prelude::*;

/// A value is compared with a field that can never hold it.
pub(crate) static LINT: Lint = Lint {
    code: "SG907",
    name: "conversion-never-matches",
    aliases: &["conversion-never"],
    severity: Severity::Warning,
    what: "A value is compared with a field that can never hold it.",
    why: "The part of the rule finds nothing.",
    bad: "!mapping
logsource:
    product: windows
    category: network_connection
detection:
    selection:
        DestinationPort: http
    condition: selection
",
    good: "level: low
",
    check: Check::Conversion,
    ..BASE
};
