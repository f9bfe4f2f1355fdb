//! SG131: An entry of `falsepositives` or `scope` is shorter than two characters.

use crate::prelude::*;

/// An entry of `falsepositives` or `scope` is shorter than two characters.
pub(crate) static LINT: Lint = Lint {
    code: "SG131",
    name: "entry-too-short",
    severity: Severity::Warning,
    what: "An entry of `falsepositives` or `scope` is shorter than two characters.",
    why: "The specification's schema rejects the rule.",
    bad: "falsepositives:
    - '-'
",
    good: "falsepositives:
    - Unknown
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for key in ["falsepositives", "scope"] {
        for (text, pos) in d.list(key) {
            if text.trim().chars().count() < 2 {
                out.at(pos, format!("the entry of `{key}` has fewer than two characters"));
            }
        }
    }
}
