//! SG111: The level is not one that the specification defines.

use crate::prelude::*;
use crate::taxonomy::nearest;
use sigmalert_sigma::Level;

/// The level is not one that the specification defines.
pub(crate) static LINT: Lint = Lint {
    code: "SG111",
    name: "level-invalid",
    severity: Severity::Error,
    what: "The level is not one that the specification defines.",
    why: "sigma-cli rejects the rule.",
    bad: "level: hihg
",
    good: "level: high
",
    fix: Some("corrects a level that differs by one or two letters"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if let Some((level, pos)) = d.text("level") {
        let words = || Level::ALL.iter().map(|s| s.name());
        if !words().any(|w| w == level) {
            let near = nearest(level, words());
            out.at(pos, format!("`{level}` is not a level"))
                .help(format!("the levels are {}", words().collect::<Vec<_>>().join(", ")))
                .fix(near.and_then(|n| d.reword(pos, level, n, &format!("Write `{n}`"))));
        }
    }
}
