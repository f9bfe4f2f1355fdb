//! SG704: A correlation lists a rule twice.

use crate::prelude::*;
use std::collections::HashSet;

/// A correlation lists a rule twice.
pub(crate) static LINT: Lint = Lint {
    code: "SG704",
    name: "duplicate-correlation-rule",
    aliases: &["correlation-rules-repeated"],
    severity: Severity::Warning,
    what: "A correlation lists a rule twice.",
    why: "The specification's schema rejects it: list entries must be unique.",
    bad: "!correlation
correlation:
    type: event_count
    rules:
        - whoami_execution
        - whoami_execution
    group-by:
        - User
    timespan: 5m
    condition:
        gte: 10
",
    good: "!correlation
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Correlation(check) };

fn check(d: &Doc<'_>, c: &Correlation, out: &mut Sink<'_>) {
    for (key, list) in [("rules", &c.rules), ("group-by", &c.group_by)] {
        let mut seen = HashSet::new();
        if let Some(twice) = list.iter().find(|r| !seen.insert(*r)) {
            let pos = d.entry("correlation").and_then(|(_, n)| n.get(key)).map_or(d.at(), |n| n.pos);
            out.at(pos, format!("`{twice}` is duplicated"));
        }
    }
}
