//! SG106: The rule has no id.

use crate::prelude::*;

/// The rule has no id.
pub(crate) static LINT: Lint = Lint {
    code: "SG106",
    name: "id-missing",
    severity: Severity::Warning,
    what: "The rule has no id.",
    why: "Without one nothing can refer to it, and a rule file that was made of it cannot be found again when its title changes.",
    bad: "-id
",
    good: "id: 5f0c7d1e-3a44-4b0e-9d6f-2f1f2c3b4a5d
",
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if !d.says("id") {
        out.at(d.at(), "there is no `id`").help("add a random UUID, such as `uuidgen` makes");
    }
}
