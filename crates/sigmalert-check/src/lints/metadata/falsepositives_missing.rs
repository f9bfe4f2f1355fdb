//! SG127: The rule has no `falsepositives`.

use crate::prelude::*;

/// The rule has no `falsepositives`.
pub(crate) static LINT: Lint = Lint {
    code: "SG127",
    name: "falsepositives-missing",
    severity: Severity::Info,
    what: "The rule has no `falsepositives`.",
    why: "SigmaHQ's convention requires them: `Unknown` if none are known, `Unlikely` if none are expected.",
    bad: "-falsepositives
",
    good: "falsepositives:
    - Unknown
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if !d.has_value("falsepositives") && !d.is_filter() && !d.is_correlation() {
        out.at(d.at(), "the rule has no `falsepositives`").help("write `Unknown` if none are known, `Unlikely` if none are expected");
    }
}
