//! SG431: A value starts with a wildcard.

use crate::prelude::*;

/// A value starts with a wildcard.
pub(crate) static LINT: Lint = Lint {
    code: "SG431",
    name: "leading-wildcard",
    severity: Severity::Info,
    default: false,
    what: "A value starts with a wildcard.",
    why: "An index without a `wildcard` field or reversed tokens scans every term. Off by default, because `endswith` is Sigma's usual way to match programs.",
    bad: r"detection:
    selection:
        Image|endswith: '\whoami.exe'
    condition: selection
",
    good: r"detection:
    selection:
        Image|startswith: 'C:\whoami.exe'
    condition: selection
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Item(check) };

fn check(_: &Doc<'_>, item: &DetectionItem, out: &mut Sink<'_>) {
    let open = item.modifiers.iter().any(|m| matches!(m, Modifier::Contains | Modifier::EndsWith));
    let star = item.values.iter().position(|v| v.text().is_some_and(|t| t.starts_with(['*', '?'])));
    if item.field.is_some() && !item.modifiers.contains(&Modifier::Re) && (open || star.is_some()) {
        out.at(item.pos, "the value starts with a wildcard");
    }
}
