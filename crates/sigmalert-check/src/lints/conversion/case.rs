//! SG904: The index compares a field case-sensitively.

use crate::prelude::*;

/// The index compares a field case-sensitively.
pub(crate) static LINT: Lint = Lint {
    code: "SG904",
    name: "conversion-case",
    severity: Severity::Info,
    what: "The index compares a field case-sensitively.",
    why: "Sigma is case-insensitive: an attacker writes `WHOAMI.exe`. `--case regex` or `--filter dsl` of `convert` preserve Sigma's meaning.",
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
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Conversion };
