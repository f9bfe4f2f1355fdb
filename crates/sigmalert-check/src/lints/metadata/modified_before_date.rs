//! SG119: `modified` lies before `date`.

use super::date_invalid::day;
use crate::prelude::*;

/// `modified` lies before `date`.
pub(crate) static LINT: Lint = Lint {
    code: "SG119",
    name: "modified-before-date",
    severity: Severity::Warning,
    what: "`modified` lies before `date`.",
    why: "One of the two is wrong.",
    bad: "date: 2024-05-01
modified: 2023-05-01
",
    good: "date: 2024-05-01
modified: 2024-06-01
",
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if let (Some((date, _)), Some((modified, pos))) = (d.text("date"), d.text("modified"))
        && let (Some(a), Some(b)) = (day(date), day(modified))
        && b < a
    {
        out.at(pos, format!("the rule was modified before it was made ({date})"));
    }
}
