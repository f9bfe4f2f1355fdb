//! SG601: Two rules have one id.

use crate::prelude::*;

/// Two rules have one id.
pub(crate) static LINT: Lint = Lint {
    code: "SG601",
    name: "duplicate-id",
    aliases: &["id-repeated"],
    severity: Severity::Error,
    what: "Two rules have one id.",
    why: "References to it are ambiguous, and of two rule files made of them one is lost.",
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
    check: Check::Pack(check),
    ..BASE
};

fn check(p: &Pack, out: &mut PackSink<'_>) {
    super::repeated(p, "id", "make a new one, such as `uuidgen` does", |e| e.id.as_ref(), out);
}
