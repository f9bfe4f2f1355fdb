//! SG909: The rule becomes Query DSL, since `query_string` cannot say it.

use crate::prelude::*;

/// The rule becomes Query DSL, since `query_string` cannot say it.
pub(crate) static LINT: Lint = Lint {
    code: "SG909",
    name: "conversion-needs-dsl",
    severity: Severity::Info,
    what: "The rule becomes Query DSL, since `query_string` cannot say it.",
    why: "It works in ElastAlert; Praeco's query builder does not open it.",
    bad: "!mapping
detection:
    selection:
        Image|fieldref: ParentImage
    condition: selection
",
    good: "level: low
",
    check: Check::Conversion,
    ..BASE
};
