//! SG301: The rule has no logsource, or one that names nothing.

use crate::prelude::*;

/// The rule has no logsource, or one that names nothing.
pub(crate) static LINT: Lint = Lint {
    code: "SG301",
    name: "logsource-missing",
    severity: Severity::Error,
    what: "The rule has no logsource, or one that names nothing.",
    why: "A rule is about some events, and a field mapping must know which.",
    bad: "-logsource
",
    good: "logsource:
    category: process_creation
    product: windows
",
    ..BASE
};
