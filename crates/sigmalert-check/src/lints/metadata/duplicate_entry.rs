//! SG132: An entry of `fields`, `falsepositives` or `scope` stands twice.

use crate::prelude::*;

/// An entry of `fields`, `falsepositives` or `scope` stands twice.
pub(crate) static LINT: Lint = Lint {
    code: "SG132",
    name: "duplicate-entry",
    aliases: &["list-repeats"],
    severity: Severity::Warning,
    what: "An entry of `fields`, `falsepositives` or `scope` stands twice.",
    why: "The specification's schema refuses the rule: lists hold each element once.",
    bad: "falsepositives:
    - Administrators
    - Administrators
",
    good: "falsepositives:
    - Administrators
",
    fix: Some("removes the second"),
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for key in ["fields", "falsepositives", "scope"] {
        super::repeated(d, key, out);
    }
}
