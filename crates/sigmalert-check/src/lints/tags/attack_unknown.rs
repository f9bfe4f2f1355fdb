//! SG207: An `attack` tag names no tactic, technique, group or software.

use crate::attack::TechniqueStatus;
use crate::prelude::*;
use crate::taxonomy::nearest;

/// An `attack` tag names no tactic, technique, group or software.
pub(crate) static LINT: Lint = Lint {
    code: "SG207",
    name: "tag-attack-unknown",
    severity: Severity::Warning,
    what: "An `attack` tag names no tactic, technique, group or software.",
    why: "It counts for nothing, and links made of it lead nowhere.",
    bad: "tags:
    - attack.t9999
",
    good: "tags:
    - attack.t1033
",
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (tag, pos) in d.list("tags") {
        let lower = tag.to_lowercase();
        let Some(name) = lower.strip_prefix("attack.") else { continue };
        // Underscores are told of by SG209.
        let unknown = d.attack().knows(name) == TechniqueStatus::No && d.attack().knows(&name.replace('_', "-")) == TechniqueStatus::No;
        if !name.is_empty() && unknown {
            let help = if name.starts_with(|c: char| c.is_alphabetic()) && !name.bytes().any(|b| b.is_ascii_digit()) {
                nearest(name, d.attack().names()).map_or_else(String::new, |n| format!("did you mean `attack.{n}`?"))
            } else {
                "a bundle of another release goes under `attack` in .sigmalert.toml".to_owned()
            };
            out.at(pos, format!("ATT&CK {} has no `{name}`", d.attack().release)).help(help);
        }
    }
}
