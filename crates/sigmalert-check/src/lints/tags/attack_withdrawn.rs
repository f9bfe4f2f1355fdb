//! SG208: An `attack` tag names something that ATT&CK has withdrawn.

use crate::attack::TechniqueStatus;
use crate::prelude::*;
use std::collections::HashSet;

/// An `attack` tag names something that ATT&CK has withdrawn.
pub(crate) static LINT: Lint = Lint {
    code: "SG208",
    name: "tag-attack-withdrawn",
    severity: Severity::Warning,
    what: "An `attack` tag names something that ATT&CK has withdrawn.",
    why: "It does not count towards coverage in a current matrix.",
    bad: "tags:
    - attack.t1086
",
    good: "tags:
    - attack.t1059.001
",
    fix: Some("writes the replacement, if it is a single technique"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    let tags = d.list("tags");
    let all: HashSet<&str> = tags.iter().map(|(t, _)| *t).collect();
    for (tag, pos) in &tags {
        let lower = tag.to_lowercase();
        let Some(name) = lower.strip_prefix("attack.") else { continue };
        match d.attack().status(name) {
            TechniqueStatus::Replaced(new) => {
                let better = format!("attack.{new}");
                // If the rule has the new tag already, the old one is removed.
                let fix = if all.contains(better.as_str()) {
                    d.drop_item(*pos, "Remove the old tag")
                } else {
                    d.reword(*pos, tag, &better, &format!("Write `{better}`"))
                };
                out.at(*pos, format!("ATT&CK has withdrawn `{name}`")).help(format!("use `{better}` instead")).fix(fix);
            }
            TechniqueStatus::Withdrawn(what) => {
                let help = if what.is_empty() { "it has no replacement".to_owned() } else { format!("use {what}") };
                out.at(*pos, format!("ATT&CK has withdrawn `{name}`")).help(help);
            }
            TechniqueStatus::Current | TechniqueStatus::Unknown => {}
        }
    }
}
