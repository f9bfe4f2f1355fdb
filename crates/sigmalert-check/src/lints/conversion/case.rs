//! SG904: The index compares a field with regard to letter case.

use crate::prelude::*;

/// The index compares a field with regard to letter case.
pub(crate) static LINT: Lint = Lint {
    code: "SG904",
    name: "conversion-case",
    severity: Severity::Info,
    what: "The index compares a field with regard to letter case.",
    why: "Sigma does not: an attacker writes `WHOAMI.exe`. `--case regex` or `--filter dsl` of `convert` keep Sigma's meaning.",
    bad: r"!mapping
detection:
    selection:
        Image|endswith: '\whoami.exe'
    condition: selection
",
    good: "!mapping
detection:
    selection:
        EventID: 1
    condition: selection
",
    check: Check::Conversion,
    ..BASE
};
