//! SG705: An alias refers to a rule that the correlation does not list.

use crate::prelude::*;
use std::collections::HashSet;

/// An alias refers to a rule that the correlation does not list.
pub(crate) static LINT: Lint = Lint {
    code: "SG705",
    name: "correlation-alias-unknown-rule",
    aliases: &["correlation-alias-of-no-rule"],
    severity: Severity::Warning,
    what: "An alias refers to a rule that the correlation does not list.",
    why: "It has no effect; often the name of the rule is misspelled.",
    bad: "!correlation
correlation:
    type: event_count
    rules:
        - whoami_execution
    aliases:
        account:
            whoami: User
    group-by:
        - account
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
    let aliases = d.entry("correlation").and_then(|(_, n)| n.get("aliases"));
    let known: HashSet<&String> = c.rules.iter().collect();
    let rules = if known.len() > 50 {
        format!("the correlation has {} rules", known.len())
    } else {
        format!("the rules are {}", c.rules.join(", "))
    };
    for alias in &c.aliases {
        for (rule, _) in &alias.fields {
            if !known.contains(rule) {
                let pos = aliases.map_or(d.at(), |n| n.pos);
                out.at(pos, format!("the alias `{}` refers to `{rule}`, which is not a rule of the correlation", alias.name))
                    .help(rules.as_str());
            }
        }
    }
}
