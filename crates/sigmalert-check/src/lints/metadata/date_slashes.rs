//! SG142: `date` or `modified` is written with slashes.

use super::date_invalid::day;
use crate::prelude::*;

/// `date` or `modified` is written with slashes.
pub(crate) static LINT: Lint = Lint {
    code: "SG142",
    name: "date-slashes",
    severity: Severity::Warning,
    what: "`date` or `modified` is written with slashes.",
    why: "That was legal before version 2 of the specification; its schema refuses it now.",
    bad: "date: 2024/05/01
",
    good: "date: 2024-05-01
",
    fix: Some("writes hyphens"),
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for key in ["date", "modified"] {
        if let Some((text, pos)) = d.text(key).filter(|(t, _)| t.contains('/')) {
            let better = text.replace('/', "-");
            if day(&better).is_some() {
                out.at(pos, format!("`{key}: {text}` is written with slashes")).fix(d.reword(pos, text, &better, "Write hyphens"));
            }
        }
    }
}
