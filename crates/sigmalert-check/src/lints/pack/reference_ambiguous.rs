//! SG606: A correlation refers to a name that several rules have.

use crate::pack::DocumentKind;
use crate::prelude::*;

/// A correlation refers to a name that several rules have.
pub(crate) static LINT: Lint = Lint {
    code: "SG606",
    name: "reference-ambiguous",
    severity: Severity::Error,
    what: "A correlation refers to a name that several rules have.",
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
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Pack(check) };

fn check(p: &Pack, out: &mut PackSink<'_>) {
    for e in p.entries.iter().filter(|e| e.kind == DocumentKind::Correlation) {
        for r in &e.rules {
            let places = p.find(&r.key);
            if places.len() > 1
                && let Some(f) = out.at(e.file, r.span, format!("{} rules are named `{}`", places.len(), r.key))
            {
                for other in places.iter().map(|i| &p.entries[*i]) {
                    f.relate(p.path(other), other.at.start, "here");
                }
            }
        }
    }
}
