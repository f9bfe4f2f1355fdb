//! SG138: The rule has `fields`.

use crate::prelude::*;

/// The rule has `fields`.
pub(crate) static LINT: Lint = Lint {
    code: "SG138",
    name: "deprecated-fields",
    aliases: &["fields-in-use"],
    severity: Severity::Info,
    what: "The rule has `fields`.",
    why: "SigmaHQ no longer accepts it: the relevant fields are those of the detection.",
    bad: "fields:
    - Image
",
    good: "-fields
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if let Some((key, _)) = d.entry("fields") {
        out.at(key.pos, "`fields` is deprecated");
    }
}
