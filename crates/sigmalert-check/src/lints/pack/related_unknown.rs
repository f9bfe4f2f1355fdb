//! SG604: A related id does not belong to any rule of the pack.

use crate::prelude::*;

/// A related id does not belong to any rule of the pack.
pub(crate) static LINT: Lint = Lint {
    code: "SG604",
    name: "related-unknown",
    severity: Severity::Info,
    what: "A related id does not belong to any rule of the pack.",
    why: "The relation does not resolve, unless the other rule is in another pack.",
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
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Pack(check) };

fn check(p: &Pack, out: &mut PackSink<'_>) {
    for e in p.entries.iter().filter(|_| p.whole) {
        for r in &e.related {
            if p.find(&r.key).is_empty() {
                out.at(e.file, r.span, format!("the pack has no rule with the id {}", r.key));
            }
        }
    }
}
