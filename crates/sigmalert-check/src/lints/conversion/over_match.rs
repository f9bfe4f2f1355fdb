//! SG905: The query finds more than the rule asks for.

use crate::prelude::*;

/// The query finds more than the rule asks for.
pub(crate) static LINT: Lint = Lint {
    code: "SG905",
    name: "conversion-over-match",
    aliases: &["conversion-wider"],
    severity: Severity::Info,
    what: "The query finds more than the rule asks for.",
    why: "The field is analysed text: the order and the characters between words are lost.",
    bad: "!mapping
logsource:
    product: windows
    category: ps_script
detection:
    selection:
        ScriptBlockText|contains: 'whoami /all'
    condition: selection
",
    good: "level: low
",
    check: Check::Conversion,
    ..BASE
};
