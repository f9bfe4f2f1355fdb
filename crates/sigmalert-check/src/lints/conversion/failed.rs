//! SG901: The rule cannot be converted with the mapping.

use crate::prelude::*;

/// The rule cannot be converted with the mapping.
pub(crate) static LINT: Lint = Lint {
    code: "SG901",
    name: "conversion-failed",
    aliases: &["conversion-refused"],
    severity: Severity::Error,
    what: "The rule cannot be converted with the mapping.",
    why: "It never fires with this mapping.",
    bad: r"!mapping
logsource:
    product: windows
    category: network_connection
detection:
    selection:
        DestinationIp|re: '10\..*\.1'
    condition: selection
",
    good: r"detection:
    selection:
        Image|endswith: '\whoami.exe'
    condition: selection
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Conversion };
