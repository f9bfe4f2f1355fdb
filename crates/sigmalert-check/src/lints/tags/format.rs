//! SG202: A tag is no `namespace.name`.

use crate::prelude::*;

/// A tag is no `namespace.name`.
pub(crate) static LINT: Lint = Lint {
    code: "SG202",
    name: "tag-format",
    severity: Severity::Error,
    what: "A tag is no `namespace.name`.",
    why: "sigma-cli refuses the rule.",
    bad: "tags:
    - discovery
",
    good: "tags:
    - attack.discovery
",
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (tag, pos) in d.list("tags") {
        if tag.split_once('.').is_none_or(|(ns, name)| ns.is_empty() || name.is_empty()) {
            out.at(pos, format!("`{tag}` has no namespace")).help("write `namespace.name`, such as `attack.t1033`");
        }
    }
}
