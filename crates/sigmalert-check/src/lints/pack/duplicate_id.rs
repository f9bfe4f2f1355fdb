//! SG601: Two rules have the same id.

use crate::prelude::*;

/// Two rules have the same id.
pub(crate) static LINT: Lint = Lint {
    code: "SG601",
    name: "duplicate-id",
    aliases: &["id-repeated"],
    severity: Severity::Error,
    what: "Two rules have the same id.",
    why: "References to it are ambiguous, and one of the two converted rule files is lost.",
    bad: "!twice
title: Whoami Execution by Somebody Else
id: 5f0c7d1e-3a44-4b0e-9d6f-2f1f2c3b4a5d
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
    super::report_duplicates(p, "id", "generate a new one, for example with `uuidgen`", |e| e.id.as_ref(), out);
}
