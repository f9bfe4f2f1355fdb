//! SG123: A reference is duplicated.

use crate::prelude::*;

/// A reference is duplicated.
pub(crate) static LINT: Lint = Lint {
    code: "SG123",
    name: "duplicate-reference",
    aliases: &["references-repeated"],
    severity: Severity::Warning,
    what: "A reference is duplicated.",
    why: "The specification's schema rejects the rule: list entries must be unique.",
    bad: "references:
    - https://example.com/whoami
    - https://example.com/whoami
",
    good: "references:
    - https://example.com/whoami
",
    fix: Some("removes the duplicate"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    super::report_duplicates(d, "references", out);
}
