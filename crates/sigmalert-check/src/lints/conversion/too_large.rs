//! SG912: The query is larger than an index takes.

use crate::prelude::*;

/// The query is larger than an index takes.
pub(crate) static LINT: Lint = Lint {
    code: "SG912",
    name: "conversion-too-large",
    severity: Severity::Error,
    what: "The query is larger than an index takes.",
    why: "Every search fails, and the rule never fires.",
    bad: "!mapping
detection:
    selection:
        CommandLine|re: '[^a]{30}.{60}[^b]{60}x.{90}'
    condition: selection
",
    good: "level: low
",
    check: Check::Conversion,
    ..BASE
};
