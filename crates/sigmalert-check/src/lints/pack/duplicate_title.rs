//! SG602: Two rules have the same title.

use crate::pack::DocumentKind;
use crate::prelude::*;

/// Two rules have the same title.
pub(crate) static LINT: Lint = Lint {
    code: "SG602",
    name: "duplicate-title",
    aliases: &["title-repeated"],
    severity: Severity::Warning,
    what: "Two rules have the same title.",
    why: "Alerts cannot be told apart, and ElastAlert does not start with duplicate rule names.",
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
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Pack(check) };

fn check(p: &Pack, out: &mut PackSink<'_>) {
    super::report_duplicates(p, "title", "", |e| e.title.as_ref().filter(|_| e.kind != DocumentKind::Filter && !e.retired), out);
}
