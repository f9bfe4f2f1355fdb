//! SG603: Two rules have the same logsource and the same logic.

use crate::prelude::*;

/// Two rules have the same logsource and the same logic.
pub(crate) static LINT: Lint = Lint {
    code: "SG603",
    name: "duplicate-logic",
    aliases: &["logic-repeated"],
    severity: Severity::Warning,
    what: "Two rules have the same logsource and the same logic.",
    why: "Every match raises two alerts.",
    bad: r"!twice
title: Who Am I
detection:
    other:
        Image|endswith:
            - '\whoami.exe'
    condition: 1 of other*
",
    good: "!twice
title: Who Am I
detection:
    other:
        User: somebody else
    condition: 1 of other*
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Pack(check) };

fn check(p: &Pack, out: &mut PackSink<'_>) {
    for (first, again) in p.duplicates(|e| e.logic.as_ref().filter(|_| !e.retired)) {
        if let Some(f) = out.at(again.file, again.at, format!("the rule has the same logic as {}", p.path(first).display())) {
            f.relate(p.path(first), first.at.start, "same logic here");
        }
    }
}
