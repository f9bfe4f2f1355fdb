//! SG132: An entry of `fields`, `falsepositives` or `scope` is duplicated.

use crate::prelude::*;

/// An entry of `fields`, `falsepositives` or `scope` is duplicated.
pub(crate) static LINT: Lint = Lint {
    code: "SG132",
    name: "duplicate-entry",
    aliases: &["list-repeats"],
    severity: Severity::Warning,
    what: "An entry of `fields`, `falsepositives` or `scope` is duplicated.",
    why: "The specification's schema rejects the rule: list entries must be unique.",
    bad: "falsepositives:
    - Administrators
    - Administrators
",
    good: "falsepositives:
    - Administrators
",
    fix: Some("removes the duplicate"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for key in ["fields", "falsepositives", "scope"] {
        super::report_duplicates(d, key, out);
    }
}
