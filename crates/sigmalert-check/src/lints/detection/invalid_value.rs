//! SG404: A value does not fit its modifiers: no address, no number, no regular expression.

use crate::prelude::*;

/// A value does not fit its modifiers: no address, no number, no regular expression.
pub(crate) static LINT: Lint = Lint {
    code: "SG404",
    name: "invalid-value",
    aliases: &["value-unfit"],
    severity: Severity::Error,
    what: "A value does not fit its modifiers: no address, no number, no regular expression.",
    why: "No Sigma tool reads the rule, or it matches nothing.",
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
