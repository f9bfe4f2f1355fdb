//! SG906: The query may match less than the rule.

use crate::prelude::*;

/// The query may match less than the rule.
pub(crate) static LINT: Lint = Lint {
    code: "SG906",
    name: "conversion-under-match",
    aliases: &["conversion-narrower"],
    severity: Severity::Warning,
    what: "The query may match less than the rule.",
    why: "The field is analyzed text: a part of a word is not a term of the index.",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Conversion };
