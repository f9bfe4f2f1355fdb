//! SG127: The rule does not say what else may match.

use crate::prelude::*;

/// The rule does not say what else may match.
pub(crate) static LINT: Lint = Lint {
    code: "SG127",
    name: "falsepositives-missing",
    severity: Severity::Info,
    what: "The rule does not say what else may match.",
    why: "SigmaHQ's convention asks for it: `Unknown` where nothing is known, `Unlikely` where none are expected.",
    bad: "-falsepositives
",
    good: "falsepositives:
    - Unknown
",
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if !d.says("falsepositives") && !d.is_filter() && !d.is_correlation() {
        out.at(d.at(), "there are no `falsepositives`").help("`Unknown` where nothing is known, `Unlikely` where none are expected");
    }
}
