//! SG203: A tag is not in lower case.

use crate::prelude::*;

/// A tag is not in lower case.
pub(crate) static LINT: Lint = Lint {
    code: "SG203",
    name: "tag-case",
    severity: Severity::Warning,
    what: "A tag is not in lower case.",
    why: "The specification's schema refuses it; tools that compare tags pass it over.",
    bad: "tags:
    - attack.T1033
",
    good: "tags:
    - attack.t1033
",
    fix: Some("writes it in lower case"),
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (tag, pos) in d.list("tags") {
        let lower = tag.to_lowercase();
        // Artifacts of D3FEND have capitals of their own.
        if lower != tag && !lower.starts_with("d3fend.") {
            out.at(pos, format!("`{tag}` has capitals")).fix(d.reword(pos, tag, &lower, "Write it in lower case"));
        }
    }
}
