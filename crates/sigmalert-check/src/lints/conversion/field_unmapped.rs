//! SG903: The mapping does not cover a field.

use crate::prelude::*;

/// The mapping does not cover a field.
pub(crate) static LINT: Lint = Lint {
    code: "SG903",
    name: "conversion-field-unmapped",
    severity: Severity::Warning,
    what: "The mapping does not cover a field.",
    why: "The part of the rule that uses it never matches.",
    bad: "!mapping
detection:
    selection:
        GrandParentImage: x
    condition: selection
",
    good: "level: low
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Conversion };
