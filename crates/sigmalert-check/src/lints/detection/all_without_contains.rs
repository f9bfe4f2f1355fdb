//! SG413: `all` requires several exact values of one field.

use crate::prelude::*;

/// `all` requires several exact values of one field.
pub(crate) static LINT: Lint = Lint {
    code: "SG413",
    name: "all-without-contains",
    severity: Severity::Warning,
    what: "`all` requires several exact values of one field.",
    why: "A field with one value never equals two: the rule never matches. `contains|all` was probably intended.",
    bad: "detection:
    selection:
        CommandLine|all:
            - whoami
            - /all
    condition: selection
",
    good: "detection:
    selection:
        CommandLine|contains|all:
            - whoami
            - /all
    condition: selection
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Item(check) };

fn check(_: &Doc<'_>, item: &DetectionItem, out: &mut Sink<'_>) {
    let whole = item.modifiers.iter().all(|m| matches!(m, Modifier::All | Modifier::Cased | Modifier::Windash));
    let plain = |v: &Value| v.text().is_some_and(|t| !t.contains(['*', '?']));
    if item.field.is_some() && item.modifiers.contains(&Modifier::All) && whole && item.values.iter().filter(|v| plain(v)).count() > 1 {
        out.at(item.pos, "no value equals all of these").help("write `contains|all`");
    }
}
