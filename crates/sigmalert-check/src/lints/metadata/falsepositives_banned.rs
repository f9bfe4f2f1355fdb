//! SG128: A false positive is `None`, a penetration test or a red team.

use crate::prelude::*;

/// A false positive is `None`, a penetration test or a red team.
pub(crate) static LINT: Lint = Lint {
    code: "SG128",
    name: "falsepositives-banned",
    severity: Severity::Warning,
    what: "A false positive is `None`, a penetration test or a red team.",
    why: "SigmaHQ's convention rejects these: every rule can have false positives, and tests are what a rule should detect.",
    bad: "falsepositives:
    - Pentest
",
    good: "falsepositives:
    - Unlikely
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (text, pos) in d.list("falsepositives") {
        let lower = text.to_lowercase();
        let word = lower.split(' ').find(|w| ["none", "pentest", "pentests", "penetration"].contains(w));
        let word = word.or_else(|| lower.contains("red team").then_some("red team"));
        if let Some(word) = word {
            out.at(pos, format!("`{word}` is not a false positive")).help("write `Unlikely` if none are expected");
        }
    }
}
