//! SG906: The query may find less than the rule asks for.

use crate::prelude::*;

/// The query may find less than the rule asks for.
pub(crate) static LINT: Lint = Lint {
    code: "SG906",
    name: "conversion-under-match",
    aliases: &["conversion-narrower"],
    severity: Severity::Warning,
    what: "The query may find less than the rule asks for.",
    why: "The field is analysed text: a part of a word is no term of the index.",
    check: Check::Conversion,
    ..BASE
};
