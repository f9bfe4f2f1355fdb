//! SG909: The rule is converted to Query DSL, because `query_string` cannot express it.

use crate::prelude::*;

/// The rule is converted to Query DSL, because `query_string` cannot express it.
pub(crate) static LINT: Lint = Lint {
    code: "SG909",
    name: "conversion-needs-dsl",
    severity: Severity::Info,
    what: "The rule is converted to Query DSL, because `query_string` cannot express it.",
    why: "ElastAlert supports it; Praeco's query builder cannot open it.",
    bad: "!mapping
detection:
    selection:
        Image|fieldref: ParentImage
    condition: selection
",
    good: "level: low
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Conversion };
