//! SG142: `date` or `modified` is written with slashes.

use super::date_invalid::day;
use crate::prelude::*;

/// `date` or `modified` is written with slashes.
pub(crate) static LINT: Lint = Lint {
    code: "SG142",
    name: "date-slashes",
    severity: Severity::Warning,
    what: "`date` or `modified` is written with slashes.",
    why: "Version 1 of the specification allowed this; the schema of version 2 rejects it.",
    bad: "date: 2024/05/01
",
    good: "date: 2024-05-01
",
    fix: Some("replaces them with hyphens"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for key in ["date", "modified"] {
        if let Some((text, pos)) = d.text(key).filter(|(t, _)| t.contains('/')) {
            let better = text.replace('/', "-");
            if day(&better).is_some() {
                out.at(pos, format!("`{key}: {text}` is written with slashes")).fix(d.reword(pos, text, &better, "Use hyphens"));
            }
        }
    }
}
