//! SG119: `modified` is earlier than `date`.

use super::date_invalid::day;
use crate::prelude::*;

/// `modified` is earlier than `date`.
pub(crate) static LINT: Lint = Lint {
    code: "SG119",
    name: "modified-before-date",
    severity: Severity::Warning,
    what: "`modified` is earlier than `date`.",
    why: "One of the two is wrong.",
    bad: "date: 2024-05-01
modified: 2023-05-01
",
    good: "date: 2024-05-01
modified: 2024-06-01
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if let (Some((date, _)), Some((modified, pos))) = (d.text("date"), d.text("modified"))
        && let (Some(a), Some(b)) = (day(date), day(modified))
        && b < a
    {
        out.at(pos, format!("`modified` is earlier than `date` ({date})"));
    }
}
