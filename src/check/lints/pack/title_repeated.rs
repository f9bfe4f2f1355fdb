//! SG602: Two rules have one title.

use crate::check::pack::Kind;
use crate::check::prelude::*;

/// Two rules have one title.
pub(in crate::check) static LINT: Lint = Lint {
    code: "SG602",
    name: "title-repeated",
    severity: Severity::Warning,
    what: "Two rules have one title.",
    why: "Alerts cannot be told apart; ElastAlert does not start with two rules of one name.",
    bad: "!twice
title: Whoami Execution
detection:
    selection:
        User: somebody else
    condition: selection
",
    good: "!twice
title: Whoami Execution by Somebody Else
detection:
    selection:
        User: somebody else
    condition: selection
",
    check: Check::Pack(check),
    ..BASE
};

fn check(p: &Pack, out: &mut PackSink<'_>) {
    for (first, again) in p.repeated(|e| e.title.as_ref().filter(|_| e.kind != Kind::Filter && !e.retired).map(|t| t.key.to_lowercase())) {
        let (Some(a), Some(b)) = (&first.title, &again.title) else { continue };
        // The documents of one file that share keys have one title.
        if a.span == b.span && first.file == again.file {
            continue;
        }
        if let Some(f) = out.at(again.file, b.span, format!("the title is that of {}, too", p.path(first).display())) {
            f.note(p.path(first), a.pos(), "first here");
        }
    }
}
