//! SG135: A related rule has no id or no type.

use crate::prelude::*;

/// A related rule has no id or no type.
pub(crate) static LINT: Lint = Lint {
    code: "SG135",
    name: "related-incomplete",
    severity: Severity::Error,
    what: "A related rule has no id or no type.",
    why: "No Sigma tool accepts the rule.",
    bad: "related:
    - id: 1c0fd2e5-0b7f-4d9e-8a63-4d2c8f1e7b90
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
    for item in d.entry("related").and_then(|(_, n)| n.as_seq()).unwrap_or_default() {
        for key in ["id", "type"] {
            if item.get(key).and_then(Node::text).is_none() {
                out.at(item.pos, format!("the related rule has no `{key}`"));
            }
        }
    }
}
