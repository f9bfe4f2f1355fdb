//! SG910: No rule type of ElastAlert says the rule.

use crate::prelude::*;

/// No rule type of ElastAlert says the rule.
pub(crate) static LINT: Lint = Lint {
    code: "SG910",
    name: "conversion-needs-sigmalert",
    severity: Severity::Info,
    what: "No rule type of ElastAlert says the rule.",
    why: "`sigmalert run` runs it; ElastAlert does not.",
    bad: r"!mapping
detection:
    selection:
        Image|endswith: '\whoami.exe'
    other:
        Image|endswith: '\net.exe'
    condition: selection | near other
    timeframe: 5m
",
    good: "level: low
",
    check: Check::Conversion,
    ..BASE
};
