//! SG141: A rule lists itself as related.

use crate::prelude::*;

/// A rule lists itself as related.
pub(crate) static LINT: Lint = Lint {
    code: "SG141",
    name: "related-to-itself",
    severity: Severity::Warning,
    what: "A rule lists itself as related.",
    why: "The id of another rule was probably intended.",
    bad: "related:
    - id: 5f0c7d1e-3a44-4b0e-9d6f-2f1f2c3b4a5d
      type: similar
",
    good: "related:
    - id: 1c0fd2e5-0b7f-4d9e-8a63-4d2c8f1e7b90
      type: similar
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    let Some((own, _)) = d.text("id") else { return };
    for item in d.entry("related").and_then(|(_, n)| n.as_seq()).unwrap_or_default() {
        if let Some(id) = item.get("id").filter(|id| id.text() == Some(own)) {
            out.at(id.pos, "the rule lists itself as related");
        }
    }
}
