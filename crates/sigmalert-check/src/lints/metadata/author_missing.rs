//! SG116: The rule has no author.

use crate::prelude::*;

/// The rule has no author.
pub(crate) static LINT: Lint = Lint {
    code: "SG116",
    name: "author-missing",
    severity: Severity::Warning,
    what: "The rule has no author.",
    why: "The Detection Rule License requires that the author is named wherever a rule is used.",
    bad: "-author
",
    good: "author: Jo Doe
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if !d.has_value("author") && !d.is_filter() {
        out.at(d.at(), "the rule has no `author`");
    }
}
