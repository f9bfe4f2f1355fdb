//! SG412: `all` stands on a single value.

use crate::prelude::*;

/// `all` stands on a single value.
pub(crate) static LINT: Lint = Lint {
    code: "SG412",
    name: "all-with-single-value",
    aliases: &["all-of-one"],
    severity: Severity::Warning,
    what: "`all` stands on a single value.",
    why: "It says nothing; often a list was meant. The specification forbids it.",
    bad: "detection:
    selection:
        CommandLine|contains|all: 'whoami'
    condition: selection
",
    good: "detection:
    selection:
        CommandLine|contains: 'whoami'
    condition: selection
",
    fix: Some("removes `all`"),
    check: Check::Item(check),
    ..BASE
};

fn check(d: &Doc<'_>, item: &DetectionItem, out: &mut Sink<'_>) {
    if item.modifiers.contains(&Modifier::All) && item.values.len() == 1 && item.field.is_some() {
        out.at(item.pos, "`all` on a single value").fix(d.without_modifier(item, "all"));
    }
}
