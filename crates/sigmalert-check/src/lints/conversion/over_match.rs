//! SG905: The query matches more than the rule.

use crate::prelude::*;

/// The query matches more than the rule.
pub(crate) static LINT: Lint = Lint {
    code: "SG905",
    name: "conversion-over-match",
    aliases: &["conversion-wider"],
    severity: Severity::Info,
    what: "The query matches more than the rule.",
    why: "The field is analyzed text: the order of words and the characters between them are lost.",
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
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Conversion };
