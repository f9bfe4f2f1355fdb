//! SG204: A tag holds other characters than letters, digits, `.`, `-` and `_`.

use crate::prelude::*;

/// A tag holds other characters than letters, digits, `.`, `-` and `_`.
pub(crate) static LINT: Lint = Lint {
    code: "SG204",
    name: "tag-characters",
    severity: Severity::Warning,
    what: "A tag holds other characters than letters, digits, `.`, `-` and `_`.",
    why: "The specification's schema refuses it.",
    bad: "tags:
    - attack.initial access
",
    good: "tags:
    - attack.initial-access
",
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (tag, pos) in d.list("tags") {
        if let Some(c) = tag.chars().find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-' | '_')) {
            out.at(pos, format!("{c:?} cannot stand in a tag"));
        }
    }
}
