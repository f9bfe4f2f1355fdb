//! SG606: A correlation names a rule by a name that several have.

use crate::pack::DocumentKind;
use crate::prelude::*;

/// A correlation names a rule by a name that several have.
pub(crate) static LINT: Lint = Lint {
    code: "SG606",
    name: "reference-ambiguous",
    severity: Severity::Error,
    what: "A correlation names a rule by a name that several have.",
    why: "It cannot be converted.",
    bad: "!correlation
---
title: Whoami Again
name: whoami_execution
detection:
    selection:
        User: somebody
    condition: selection
",
    good: "!correlation
",
    check: Check::Pack(check),
    ..BASE
};

fn check(p: &Pack, out: &mut PackSink<'_>) {
    for e in p.entries.iter().filter(|e| e.kind == DocumentKind::Correlation) {
        for r in &e.rules {
            let places = p.find(&r.key);
            if places.len() > 1
                && let Some(f) = out.at(e.file, r.span, format!("{} rules are called `{}`", places.len(), r.key))
            {
                for other in places.iter().map(|i| &p.entries[*i]) {
                    f.note(p.path(other), other.at.start, "here");
                }
            }
        }
    }
}
