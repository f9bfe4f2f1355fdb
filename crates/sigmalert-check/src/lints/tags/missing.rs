//! SG201: The rule has no tags.

use crate::prelude::*;

/// The rule has no tags.
pub(crate) static LINT: Lint = Lint {
    code: "SG201",
    name: "tag-missing",
    severity: Severity::Info,
    what: "The rule has no tags.",
    why: "ATT&CK coverage is computed from tags.",
    bad: "-tags
",
    good: "tags:
    - attack.discovery
    - attack.t1033
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if !d.has_value("tags") && !d.is_filter() {
        out.at(d.at(), "the rule has no `tags`");
    }
}
