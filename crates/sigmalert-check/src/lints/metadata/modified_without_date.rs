//! SG120: The rule has `modified` but no `date`.

use crate::prelude::*;

/// The rule has `modified` but no `date`.
pub(crate) static LINT: Lint = Lint {
    code: "SG120",
    name: "modified-without-date",
    severity: Severity::Warning,
    what: "The rule has `modified` but no `date`.",
    why: "The age of the rule is unknown.",
    bad: "-date
modified: 2024-06-01
",
    good: "date: 2024-05-01
modified: 2024-06-01
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if let Some((key, _)) = d.entry("modified")
        && d.has_value("modified")
        && !d.has_value("date")
    {
        out.at(key.pos, "the rule has `modified` but no `date`");
    }
}
