//! SG301: The rule has no logsource, or an empty one.

use crate::prelude::*;

/// The rule has no logsource, or an empty one.
pub(crate) static LINT: Lint = Lint {
    code: "SG301",
    name: "logsource-missing",
    severity: Severity::Error,
    what: "The rule has no logsource, or an empty one.",
    why: "The logsource defines which events a rule applies to; a field mapping needs it.",
    bad: "-logsource
",
    good: "logsource:
    category: process_creation
    product: windows
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Reading };
