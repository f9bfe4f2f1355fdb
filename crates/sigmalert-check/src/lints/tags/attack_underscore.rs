//! SG209: A tactic is written with underscores.

use crate::attack::TechniqueStatus;
use crate::prelude::*;

/// A tactic is written with underscores.
pub(crate) static LINT: Lint = Lint {
    code: "SG209",
    name: "tag-attack-underscore",
    severity: Severity::Warning,
    what: "A tactic is written with underscores.",
    why: "Version 1 of the specification used underscores; version 2 uses hyphens.",
    bad: "tags:
    - attack.initial_access
",
    good: "tags:
    - attack.initial-access
",
    fix: Some("replaces them with hyphens"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (tag, name, pos) in d.tags("attack") {
        let better = name.replace('_', "-");
        if better != name && d.attack().status(&better) != TechniqueStatus::Unknown {
            out.at(pos, format!("`{name}` is written with underscores")).fix(d.reword(
                pos,
                tag,
                &format!("attack.{better}"),
                "Use hyphens",
            ));
        }
    }
}
