//! SG903: The schema has no place for a field.

use crate::prelude::*;

/// The schema has no place for a field.
pub(crate) static LINT: Lint = Lint {
    code: "SG903",
    name: "conversion-field-unmapped",
    severity: Severity::Warning,
    what: "The schema has no place for a field.",
    why: "The part of the rule that asks for it finds nothing.",
    bad: "!mapping
detection:
    selection:
        GrandParentImage: x
    condition: selection
",
    good: "level: low
",
    check: Check::Conversion,
    ..BASE
};
