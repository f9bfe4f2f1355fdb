//! SG201: The rule has no tags.

use crate::prelude::*;

/// The rule has no tags.
pub(crate) static LINT: Lint = Lint {
    code: "SG201",
    name: "tag-missing",
    severity: Severity::Info,
    what: "The rule has no tags.",
    why: "Coverage of ATT&CK is counted by tags.",
    bad: "-tags
",
    good: "tags:
    - attack.discovery
    - attack.t1033
",
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if !d.says("tags") && !d.is_filter() {
        out.at(d.at(), "there are no `tags`");
    }
}
