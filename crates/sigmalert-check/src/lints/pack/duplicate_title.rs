//! SG602: Two rules have one title.

use crate::pack::DocumentKind;
use crate::prelude::*;

/// Two rules have one title.
pub(crate) static LINT: Lint = Lint {
    code: "SG602",
    name: "duplicate-title",
    aliases: &["title-repeated"],
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
    super::repeated(p, "title", "", |e| e.title.as_ref().filter(|_| e.kind != DocumentKind::Filter && !e.retired), out);
}
