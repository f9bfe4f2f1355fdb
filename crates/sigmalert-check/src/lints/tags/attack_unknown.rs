//! SG207: An `attack` tag is not a known tactic, technique, group or software.

use crate::attack::TechniqueStatus;
use crate::prelude::*;
use crate::taxonomy::nearest;

/// An `attack` tag is not a known tactic, technique, group or software.
pub(crate) static LINT: Lint = Lint {
    code: "SG207",
    name: "tag-attack-unknown",
    severity: Severity::Warning,
    what: "An `attack` tag is not a known tactic, technique, group or software.",
    why: "It does not count towards coverage, and links built from it are broken.",
    bad: "tags:
    - attack.t9999
",
    good: "tags:
    - attack.t1033
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (tag, pos) in d.list("tags") {
        let lower = tag.to_lowercase();
        let Some(name) = lower.strip_prefix("attack.") else { continue };
        // SG209 reports underscores.
        let unknown =
            d.attack().status(name) == TechniqueStatus::Unknown && d.attack().status(&name.replace('_', "-")) == TechniqueStatus::Unknown;
        if !name.is_empty() && unknown {
            let help = if name.starts_with(|c: char| c.is_alphabetic()) && !name.bytes().any(|b| b.is_ascii_digit()) {
                nearest(name, d.attack().names()).map_or_else(String::new, |n| format!("did you mean `attack.{n}`?"))
            } else {
                "set `attack` in .sigmalert.toml to use another ATT&CK release".to_owned()
            };
            out.at(pos, format!("ATT&CK {} has no `{name}`", d.attack().release)).help(help);
        }
    }
}
