//! SG705: An alias speaks of a rule that the correlation is not over.

use crate::prelude::*;
use std::collections::HashSet;

/// An alias speaks of a rule that the correlation is not over.
pub(crate) static LINT: Lint = Lint {
    code: "SG705",
    name: "correlation-alias-unknown-rule",
    aliases: &["correlation-alias-of-no-rule"],
    severity: Severity::Warning,
    what: "An alias speaks of a rule that the correlation is not over.",
    why: "It says nothing; often the name of the rule is misspelt.",
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
    check: Check::Correlation(check),
    ..BASE
};

fn check(d: &Doc<'_>, c: &Correlation, out: &mut Sink<'_>) {
    let aliases = d.entry("correlation").and_then(|(_, n)| n.get("aliases"));
    let known: HashSet<&String> = c.rules.iter().collect();
    let rules = if known.len() > 50 {
        format!("the correlation is over {} rules", known.len())
    } else {
        format!("the rules are {}", c.rules.join(", "))
    };
    for alias in &c.aliases {
        for (rule, _) in &alias.fields {
            if !known.contains(rule) {
                let pos = aliases.map_or(d.at(), |n| n.pos);
                out.at(pos, format!("the alias `{}` speaks of `{rule}`, which is none of the rules", alias.name)).help(rules.as_str());
            }
        }
    }
}
