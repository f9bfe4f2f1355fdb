//! SG206: A tag stands twice.

use crate::prelude::*;

/// A tag stands twice.
pub(crate) static LINT: Lint = Lint {
    code: "SG206",
    name: "duplicate-tag",
    aliases: &["tag-repeated"],
    severity: Severity::Warning,
    what: "A tag stands twice.",
    why: "The specification's schema refuses the rule: lists hold each element once.",
    bad: "tags:
    - attack.t1033
    - attack.t1033
",
    good: "tags:
    - attack.t1033
",
    fix: Some("removes the second"),
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    crate::lints::metadata::repeated(d, "tags", out);
}
