//! SG111: The level is none of the specification's.

use crate::prelude::*;
use crate::taxonomy::nearest;
use sigmalert_sigma::Level;

/// The level is none of the specification's.
pub(crate) static LINT: Lint = Lint {
    code: "SG111",
    name: "level-invalid",
    severity: Severity::Error,
    what: "The level is none of the specification's.",
    why: "sigma-cli refuses the rule.",
    bad: "level: hihg
",
    good: "level: high
",
    fix: Some("writes the level that differs by a letter or two"),
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if let Some((level, pos)) = d.text("level") {
        let words = || Level::ALL.iter().map(|s| s.name());
        if !words().any(|w| w == level) {
            let near = nearest(level, words());
            out.at(pos, format!("`{level}` is no level"))
                .help(format!("the levels are {}", words().collect::<Vec<_>>().join(", ")))
                .fix(near.and_then(|n| d.reword(pos, level, n, &format!("Write `{n}`"))));
        }
    }
}
