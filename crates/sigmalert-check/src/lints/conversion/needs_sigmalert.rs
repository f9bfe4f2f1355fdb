//! SG910: ElastAlert has no rule type for the rule.

use crate::prelude::*;

/// ElastAlert has no rule type for the rule.
pub(crate) static LINT: Lint = Lint {
    code: "SG910",
    name: "conversion-needs-sigmalert",
    severity: Severity::Info,
    what: "ElastAlert has no rule type for the rule.",
    why: "`sigmalert run` supports it; ElastAlert does not.",
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
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Conversion };
