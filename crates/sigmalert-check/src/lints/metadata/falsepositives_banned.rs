//! SG128: A false positive is `None`, a penetration test or a red team.

use crate::prelude::*;

/// A false positive is `None`, a penetration test or a red team.
pub(crate) static LINT: Lint = Lint {
    code: "SG128",
    name: "falsepositives-banned",
    severity: Severity::Warning,
    what: "A false positive is `None`, a penetration test or a red team.",
    why: "SigmaHQ's convention refuses them: there is no rule without false positives, and a test is what a rule must find.",
    bad: "falsepositives:
    - Pentest
",
    good: "falsepositives:
    - Unlikely
",
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (text, pos) in d.list("falsepositives") {
        let lower = text.to_lowercase();
        let word = lower.split(' ').find(|w| ["none", "pentest", "pentests", "penetration"].contains(w));
        let word = word.or_else(|| lower.contains("red team").then_some("red team"));
        if let Some(word) = word {
            out.at(pos, format!("`{word}` is no false positive")).help("write `Unlikely` where none are expected");
        }
    }
}
