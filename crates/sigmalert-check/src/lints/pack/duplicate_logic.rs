//! SG603: Two rules ask the same of the same events.

use crate::prelude::*;

/// Two rules ask the same of the same events.
pub(crate) static LINT: Lint = Lint {
    code: "SG603",
    name: "duplicate-logic",
    aliases: &["logic-repeated"],
    severity: Severity::Warning,
    what: "Two rules ask the same of the same events.",
    why: "Every match alerts twice.",
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
    check: Check::Pack(check),
    ..BASE
};

fn check(p: &Pack, out: &mut PackSink<'_>) {
    for (first, again) in p.repeated(|e| e.logic.as_ref().filter(|_| !e.retired)) {
        if let Some(f) = out.at(again.file, again.at, format!("the rule asks what {} asks", p.path(first).display())) {
            f.note(p.path(first), first.at.start, "first here");
        }
    }
}
