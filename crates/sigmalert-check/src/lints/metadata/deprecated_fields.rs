//! SG138: The rule has `fields`.

use crate::prelude::*;

/// The rule has `fields`.
pub(crate) static LINT: Lint = Lint {
    code: "SG138",
    name: "deprecated-fields",
    aliases: &["fields-in-use"],
    severity: Severity::Info,
    what: "The rule has `fields`.",
    why: "SigmaHQ no longer takes it; what matters of an alert is what the detection names.",
    bad: "fields:
    - Image
",
    good: "-fields
",
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if let Some((key, _)) = d.entry("fields") {
        out.at(key.pos, "`fields` is out of use");
    }
}
