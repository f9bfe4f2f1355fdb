//! SG121: `modified` is the day of `date`.

use crate::prelude::*;

/// `modified` is the day of `date`.
pub(crate) static LINT: Lint = Lint {
    code: "SG121",
    name: "modified-redundant",
    severity: Severity::Info,
    what: "`modified` is the day of `date`.",
    why: "It says nothing; SigmaHQ refuses it.",
    bad: "date: 2024-05-01
modified: 2024-05-01
",
    good: "date: 2024-05-01
",
    fix: Some("removes it"),
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if let (Some((date, _)), Some((key, value))) = (d.text("date"), d.entry("modified"))
        && value.text() == Some(date)
    {
        out.at(value.pos, "`modified` is the day of `date`").fix(d.drop_entry(key.pos, "Remove `modified`"));
    }
}
