//! SG305: A part of the logsource differs from one of the taxonomy by one or two letters.

use super::unknown::misspelt;
use crate::prelude::*;

/// A part of the logsource differs from one of the taxonomy by one or two letters.
pub(crate) static LINT: Lint = Lint {
    code: "SG305",
    name: "logsource-typo",
    aliases: &["logsource-misspelt"],
    severity: Severity::Warning,
    what: "A part of the logsource differs from one of the taxonomy by one or two letters.",
    why: "A misspelled logsource has no field mapping: the query uses field names that no index has.",
    bad: "logsource:
    category: proces_creation
    product: windows
",
    good: "logsource:
    category: process_creation
    product: windows
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Rule(check) };

fn check(d: &Doc<'_>, r: &Rule, out: &mut Sink<'_>) {
    if let Some((part, word, near)) = misspelt(r) {
        let key = ["product", "category", "service"][part];
        let pos = d.entry("logsource").and_then(|(_, n)| n.get(key)).map_or(d.at(), |n| n.pos);
        out.at(pos, format!("the taxonomy has no {key} `{word}`")).help(format!("did you mean `{near}`?"));
    }
}
