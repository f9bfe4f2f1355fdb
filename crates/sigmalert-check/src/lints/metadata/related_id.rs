//! SG134: The id of a related rule is not a UUID.

use super::id_invalid::is_uuid;
use crate::prelude::*;

/// The id of a related rule is not a UUID.
pub(crate) static LINT: Lint = Lint {
    code: "SG134",
    name: "related-id",
    severity: Severity::Error,
    what: "The id of a related rule is not a UUID.",
    why: "sigma-cli rejects the rule.",
    bad: "related:
    - id: the other rule
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
    for item in d.entry("related").and_then(|(_, n)| n.as_seq()).unwrap_or_default() {
        let Some(id) = item.get("id") else { continue };
        let text = id.text().unwrap_or_default();
        if !is_uuid(text) {
            out.at(id.pos, format!("`{text}` is not a UUID"));
        }
    }
}
