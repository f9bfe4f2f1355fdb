//! SG706: A filter has a level or a status.

use crate::prelude::*;

/// A filter has a level or a status.
pub(crate) static LINT: Lint = Lint {
    code: "SG706",
    name: "filter-with-level",
    severity: Severity::Warning,
    what: "A filter has a level or a status.",
    why: "A filter raises no alerts: the rules it filters have both.",
    bad: "!filter
level: high
",
    good: "!filter
",
    fix: Some("removes it"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for key in ["level", "status"] {
        if let Some((k, _)) = d.entry(key).filter(|_| d.is_filter()) {
            out.at(k.pos, format!("`{key}` has no meaning in a filter")).fix(d.drop_entry(k.pos, &format!("Remove `{key}`")));
        }
    }
}
