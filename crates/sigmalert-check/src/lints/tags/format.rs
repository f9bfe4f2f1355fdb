//! SG202: A tag is not of the form `namespace.name`.

use crate::prelude::*;

/// A tag is not of the form `namespace.name`.
pub(crate) static LINT: Lint = Lint {
    code: "SG202",
    name: "tag-format",
    severity: Severity::Error,
    what: "A tag is not of the form `namespace.name`.",
    why: "sigma-cli rejects the rule.",
    bad: "tags:
    - discovery
",
    good: "tags:
    - attack.discovery
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (tag, pos) in d.list("tags") {
        if tag.split_once('.').is_none_or(|(ns, name)| ns.is_empty() || name.is_empty()) {
            out.at(pos, format!("`{tag}` has no namespace")).help("write `namespace.name`, such as `attack.t1033`");
        }
    }
}
