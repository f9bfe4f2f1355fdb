//! SG203: A tag is not in lower case.

use crate::prelude::*;

/// A tag is not in lower case.
pub(crate) static LINT: Lint = Lint {
    code: "SG203",
    name: "tag-case",
    severity: Severity::Warning,
    what: "A tag is not in lower case.",
    why: "The specification's schema rejects it, and tools that compare tags ignore it.",
    bad: "tags:
    - attack.T1033
",
    good: "tags:
    - attack.t1033
",
    fix: Some("changes it to lower case"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (tag, pos) in d.list("tags") {
        let lower = tag.to_lowercase();
        // Names of D3FEND artifacts have upper-case letters.
        if lower != tag && !lower.starts_with("d3fend.") {
            out.at(pos, format!("`{tag}` is not in lower case")).fix(d.reword(pos, tag, &lower, "Write it in lower case"));
        }
    }
}
