//! SG120: There is `modified`, but no `date`.

use crate::prelude::*;

/// There is `modified`, but no `date`.
pub(crate) static LINT: Lint = Lint {
    code: "SG120",
    name: "modified-without-date",
    severity: Severity::Warning,
    what: "There is `modified`, but no `date`.",
    why: "The age of the rule is not known.",
    bad: "-date
modified: 2024-06-01
",
    good: "date: 2024-05-01
modified: 2024-06-01
",
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if let Some((key, _)) = d.entry("modified")
        && d.says("modified")
        && !d.says("date")
    {
        out.at(key.pos, "`modified` without `date`");
    }
}
