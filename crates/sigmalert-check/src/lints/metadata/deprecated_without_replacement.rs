//! SG136: A deprecated rule does not say which rule took its place.

use crate::prelude::*;

/// A deprecated rule does not say which rule took its place.
pub(crate) static LINT: Lint = Lint {
    code: "SG136",
    name: "deprecated-without-replacement",
    aliases: &["deprecated-alone"],
    severity: Severity::Info,
    what: "A deprecated rule does not say which rule took its place.",
    why: "Whoever still uses it is left alone.",
    bad: "status: deprecated
",
    good: "status: deprecated
related:
    - id: 1c0fd2e5-0b7f-4d9e-8a63-4d2c8f1e7b90
      type: obsolete
",
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if let Some(("deprecated", pos)) = d.text("status")
        && !d.says("related")
    {
        out.at(pos, "nothing says which rule took its place").help("name it under `related`");
    }
}
