//! SG907: A value is compared with a field that can never contain it.

use crate::prelude::*;

/// A value is compared with a field that can never contain it.
pub(crate) static LINT: Lint = Lint {
    code: "SG907",
    name: "conversion-never-matches",
    aliases: &["conversion-never"],
    severity: Severity::Warning,
    what: "A value is compared with a field that can never contain it.",
    why: "This part of the rule never matches.",
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
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Conversion };
