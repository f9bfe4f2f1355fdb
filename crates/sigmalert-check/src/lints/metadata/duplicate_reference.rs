//! SG123: A reference stands twice.

use crate::prelude::*;

/// A reference stands twice.
pub(crate) static LINT: Lint = Lint {
    code: "SG123",
    name: "duplicate-reference",
    aliases: &["references-repeated"],
    severity: Severity::Warning,
    what: "A reference stands twice.",
    why: "The specification's schema refuses the rule: lists hold each element once.",
    bad: "references:
    - https://example.com/whoami
    - https://example.com/whoami
",
    good: "references:
    - https://example.com/whoami
",
    fix: Some("removes the second"),
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    super::repeated(d, "references", out);
}
