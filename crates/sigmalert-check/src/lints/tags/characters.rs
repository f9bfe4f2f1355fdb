//! SG204: A tag contains a character other than letters, digits, `.`, `-` and `_`.

use crate::prelude::*;

/// A tag contains a character other than letters, digits, `.`, `-` and `_`.
pub(crate) static LINT: Lint = Lint {
    code: "SG204",
    name: "tag-characters",
    severity: Severity::Warning,
    what: "A tag contains a character other than letters, digits, `.`, `-` and `_`.",
    why: "The specification's schema rejects it.",
    bad: "tags:
    - attack.initial access
",
    good: "tags:
    - attack.initial-access
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (tag, pos) in d.list("tags") {
        if let Some(c) = tag.chars().find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-' | '_')) {
            out.at(pos, format!("{c:?} is not allowed in a tag"));
        }
    }
}
