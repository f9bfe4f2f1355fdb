//! SG705: An alias speaks of a rule that the correlation is not over.

use crate::check::prelude::*;

/// An alias speaks of a rule that the correlation is not over.
pub(in crate::check) static LINT: Lint = Lint {
    code: "SG705",
    name: "correlation-alias-of-no-rule",
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
    for alias in &c.aliases {
        for (rule, _) in &alias.fields {
            if !c.rules.contains(rule) {
                let pos = aliases.map_or(d.at(), |n| n.pos);
                out.at(pos, format!("the alias `{}` speaks of `{rule}`, which is none of the rules", alias.name))
                    .help(format!("the rules are {}", c.rules.join(", ")));
            }
        }
    }
}
