//! SG121: `modified` is the same day as `date`.

use crate::prelude::*;

/// `modified` is the same day as `date`.
pub(crate) static LINT: Lint = Lint {
    code: "SG121",
    name: "modified-redundant",
    severity: Severity::Info,
    what: "`modified` is the same day as `date`.",
    why: "It is redundant; SigmaHQ rejects it.",
    bad: "date: 2024-05-01
modified: 2024-05-01
",
    good: "date: 2024-05-01
",
    fix: Some("removes it"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if let (Some((date, _)), Some((key, value))) = (d.text("date"), d.entry("modified"))
        && value.text() == Some(date)
    {
        out.at(value.pos, "`modified` is the same day as `date`").fix(d.drop_entry(key.pos, "Remove `modified`"));
    }
}
