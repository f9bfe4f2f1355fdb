//! SG213: A `d3fend` tag is not a tactic, `d3-...` or `d3f-...`.

use crate::prelude::*;

/// A `d3fend` tag is not a tactic, `d3-...` or `d3f-...`.
pub(crate) static LINT: Lint = Lint {
    code: "SG213",
    name: "tag-d3fend-format",
    severity: Severity::Warning,
    what: "A `d3fend` tag is not a tactic, `d3-...` or `d3f-...`.",
    why: "The specification requires this form; tools build links from it.",
    bad: "tags:
    - d3fend.access-modeling
",
    good: "tags:
    - d3fend.d3-am
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

const TACTICS: [&str; 7] = ["model", "harden", "detect", "isolate", "deceive", "evict", "restore"];

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (tag, name, pos) in d.tags("d3fend") {
        let id = name.strip_prefix("d3-").or_else(|| name.strip_prefix("d3f-"));
        if !TACTICS.contains(&name) && id.is_none_or(str::is_empty) {
            out.at(pos, format!("`{tag}` is not a D3FEND tag")).help("a technique is `d3fend.d3-...`, an artifact `d3fend.d3f-...`");
        }
    }
}
