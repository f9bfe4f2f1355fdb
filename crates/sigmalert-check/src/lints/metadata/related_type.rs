//! SG133: The type of a related rule is not one that the specification defines.

use crate::prelude::*;
use crate::taxonomy::nearest;

/// The type of a related rule is not one that the specification defines.
pub(crate) static LINT: Lint = Lint {
    code: "SG133",
    name: "related-type",
    severity: Severity::Error,
    what: "The type of a related rule is not one that the specification defines.",
    why: "sigma-cli rejects the rule.",
    bad: "related:
    - id: 1c0fd2e5-0b7f-4d9e-8a63-4d2c8f1e7b90
      type: obsoletes
",
    good: "related:
    - id: 1c0fd2e5-0b7f-4d9e-8a63-4d2c8f1e7b90
      type: obsolete
",
    fix: Some("corrects a type that differs by one or two letters"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

const TYPES: [&str; 6] = ["correlation", "derived", "obsolete", "merged", "renamed", "similar"];

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for item in d.entry("related").and_then(|(_, n)| n.as_seq()).unwrap_or_default() {
        let Some(kind) = item.get("type") else { continue };
        let text = kind.text().unwrap_or_default();
        if !TYPES.contains(&text) {
            let near = nearest(text, TYPES);
            out.at(kind.pos, format!("`{text}` is not a relation type"))
                .help("the types are derived, obsolete, merged, renamed, similar")
                .fix(near.and_then(|n| d.reword(kind.pos, text, n, &format!("Write `{n}`"))));
        }
    }
}
