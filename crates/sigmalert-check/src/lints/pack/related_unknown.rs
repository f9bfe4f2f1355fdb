//! SG604: A relation names an id that no rule of the pack has.

use crate::prelude::*;

/// A relation names an id that no rule of the pack has.
pub(crate) static LINT: Lint = Lint {
    code: "SG604",
    name: "related-unknown",
    severity: Severity::Info,
    what: "A relation names an id that no rule of the pack has.",
    why: "It leads nowhere, unless the other rule is in another pack.",
    bad: "!twice
title: Whoami Execution by Somebody Else
related:
    - id: 1c0fd2e5-0b7f-4d9e-8a63-4d2c8f1e7b90
      type: similar
detection:
    selection:
        User: somebody else
    condition: selection
",
    good: "!twice
title: Whoami Execution by Somebody Else
related:
    - id: 5f0c7d1e-3a44-4b0e-9d6f-2f1f2c3b4a5d
      type: similar
detection:
    selection:
        User: somebody else
    condition: selection
",
    check: Check::Pack(check),
    ..BASE
};

fn check(p: &Pack, out: &mut PackSink<'_>) {
    for e in p.entries.iter().filter(|_| p.whole) {
        for r in &e.related {
            if p.find(&r.key).is_empty() {
                out.at(e.file, r.span, format!("no rule of the pack has the id {}", r.key));
            }
        }
    }
}
