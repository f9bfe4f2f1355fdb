//! SG912: The query exceeds the limits of the index.

use crate::prelude::*;

/// The query exceeds the limits of the index.
pub(crate) static LINT: Lint = Lint {
    code: "SG912",
    name: "conversion-too-large",
    severity: Severity::Error,
    what: "The query exceeds the limits of the index.",
    why: "Every search fails, and the rule never fires.",
    bad: "!mapping
detection:
    selection:
        CommandLine|re: '[^a]{30}.{60}[^b]{60}x.{90}'
    condition: selection
",
    good: "level: low
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Conversion };
