//! SG208: An `attack` tag names what ATT&CK withdrew.

use crate::attack::TechniqueStatus;
use crate::prelude::*;
use std::collections::HashSet;

/// An `attack` tag names what ATT&CK withdrew.
pub(crate) static LINT: Lint = Lint {
    code: "SG208",
    name: "tag-attack-withdrawn",
    severity: Severity::Warning,
    what: "An `attack` tag names what ATT&CK withdrew.",
    why: "It counts for nothing in a current matrix.",
    bad: "tags:
    - attack.t1086
",
    good: "tags:
    - attack.t1059.001
",
    fix: Some("writes what stands in its place, where that is one technique"),
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    let tags = d.list("tags");
    let all: HashSet<&str> = tags.iter().map(|(t, _)| *t).collect();
    for (tag, pos) in &tags {
        let lower = tag.to_lowercase();
        let Some(name) = lower.strip_prefix("attack.") else { continue };
        match d.attack().knows(name) {
            TechniqueStatus::Replaced(new) => {
                let better = format!("attack.{new}");
                // Where the new tag is there already, the old one goes.
                let fix = if all.contains(better.as_str()) {
                    d.drop_item(*pos, "Remove the old tag")
                } else {
                    d.reword(*pos, tag, &better, &format!("Write `{better}`"))
                };
                out.at(*pos, format!("ATT&CK withdrew `{name}`")).help(format!("`{better}` stands in its place")).fix(fix);
            }
            TechniqueStatus::Gone(what) => {
                let help = if what.is_empty() { "nothing stands in its place".to_owned() } else { format!("write {what}") };
                out.at(*pos, format!("ATT&CK withdrew `{name}`")).help(help);
            }
            TechniqueStatus::Yes | TechniqueStatus::No => {}
        }
    }
}
