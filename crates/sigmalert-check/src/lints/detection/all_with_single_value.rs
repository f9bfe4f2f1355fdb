//! SG412: `all` is applied to a single value.

use crate::prelude::*;

/// `all` is applied to a single value.
pub(crate) static LINT: Lint = Lint {
    code: "SG412",
    name: "all-with-single-value",
    aliases: &["all-of-one"],
    severity: Severity::Warning,
    what: "`all` is applied to a single value.",
    why: "It has no effect; often a list was intended. The specification forbids it.",
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
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Item(check) };

fn check(d: &Doc<'_>, item: &DetectionItem, out: &mut Sink<'_>) {
    if item.modifiers.contains(&Modifier::All) && item.values.len() == 1 && item.field.is_some() {
        out.at(item.pos, "`all` is applied to a single value").fix(d.without_modifier(item, "all"));
    }
}
