//! SG608: A filter refers to a rule that is not in the pack.

use crate::pack::DocumentKind;
use crate::prelude::*;

/// A filter refers to a rule that is not in the pack.
pub(crate) static LINT: Lint = Lint {
    code: "SG608",
    name: "filter-reference-unknown",
    severity: Severity::Warning,
    what: "A filter refers to a rule that is not in the pack.",
    why: "It has no effect, and the events it should exclude keep raising alerts.",
    bad: "!filter
filter:
    rules:
        - 1c0fd2e5-0b7f-4d9e-8a63-4d2c8f1e7b90
    selection:
        User: scanner
    condition: not selection
",
    good: "!filter
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Pack(check) };

fn check(p: &Pack, out: &mut PackSink<'_>) {
    for e in p.entries.iter().filter(|e| p.whole && e.kind == DocumentKind::Filter) {
        for r in e.rules.iter().filter(|r| r.key != "any") {
            if p.find(&r.key).is_empty() {
                out.at(e.file, r.span, format!("the pack has no rule `{}`", r.key));
            }
        }
    }
}
