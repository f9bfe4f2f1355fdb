//! SG206: A tag is duplicated.

use crate::prelude::*;

/// A tag is duplicated.
pub(crate) static LINT: Lint = Lint {
    code: "SG206",
    name: "duplicate-tag",
    aliases: &["tag-repeated"],
    severity: Severity::Warning,
    what: "A tag is duplicated.",
    why: "The specification's schema rejects the rule: list entries must be unique.",
    bad: "tags:
    - attack.t1033
    - attack.t1033
",
    good: "tags:
    - attack.t1033
",
    fix: Some("removes the duplicate"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    crate::lints::metadata::report_duplicates(d, "tags", out);
}
