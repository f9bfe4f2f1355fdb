//! SG404: A value is not valid for its modifiers, such as an invalid address, number or regular expression.

use crate::prelude::*;

/// A value is not valid for its modifiers, such as an invalid address, number or regular expression.
pub(crate) static LINT: Lint = Lint {
    code: "SG404",
    name: "invalid-value",
    aliases: &["value-unfit"],
    severity: Severity::Error,
    what: "A value is not valid for its modifiers, such as an invalid address, number or regular expression.",
    why: "No Sigma tool accepts the rule, or it never matches.",
    bad: "detection:
    selection:
        SourceIp|cidr: 10.0.0.0/33
    condition: selection
",
    good: "detection:
    selection:
        SourceIp|cidr: 10.0.0.0/8
    condition: selection
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Reading };
