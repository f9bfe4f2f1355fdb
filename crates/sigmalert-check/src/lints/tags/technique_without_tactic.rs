//! SG210: A technique is tagged without any of its tactics.

use crate::prelude::*;
use std::collections::HashSet;

/// A technique is tagged without any of its tactics.
pub(crate) static LINT: Lint = Lint {
    code: "SG210",
    name: "tag-technique-without-tactic",
    severity: Severity::Info,
    what: "A technique is tagged without any of its tactics.",
    why: "SigmaHQ's convention: rules are also searched by tactic.",
    bad: "tags:
    - attack.t1033
",
    good: "tags:
    - attack.discovery
    - attack.t1033
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    let tags = d.tags("attack");
    let names: HashSet<&str> = tags.iter().map(|(_, name, _)| *name).collect();
    for (_, name, pos) in &tags {
        let tactics = d.attack().tactics_of(name);
        let tagged = tactics.iter().any(|t| names.contains(t.as_str()));
        if !tactics.is_empty() && !tagged {
            let wanted: Vec<String> = tactics.iter().map(|t| format!("`attack.{t}`")).collect();
            out.at(*pos, format!("`{name}` is tagged without its tactic")).help(format!("add {}", wanted.join(" or ")));
        }
    }
}
