//! SG136: A deprecated rule does not name its replacement.

use crate::prelude::*;

/// A deprecated rule does not name its replacement.
pub(crate) static LINT: Lint = Lint {
    code: "SG136",
    name: "deprecated-without-replacement",
    aliases: &["deprecated-alone"],
    severity: Severity::Info,
    what: "A deprecated rule does not name its replacement.",
    why: "Users of the rule do not know what to use instead.",
    bad: "status: deprecated
",
    good: "status: deprecated
related:
    - id: 1c0fd2e5-0b7f-4d9e-8a63-4d2c8f1e7b90
      type: obsolete
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if let Some(("deprecated", pos)) = d.text("status")
        && !d.has_value("related")
    {
        out.at(pos, "the rule does not name its replacement").help("add it under `related`");
    }
}
