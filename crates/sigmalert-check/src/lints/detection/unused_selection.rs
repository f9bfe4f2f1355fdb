//! SG406: A selection is not used in the condition.

use crate::prelude::*;

/// A selection is not used in the condition.
pub(crate) static LINT: Lint = Lint {
    code: "SG406",
    name: "unused-selection",
    severity: Severity::Warning,
    what: "A selection is not used in the condition.",
    why: "It has no effect, although it was probably meant to have one.",
    bad: r"detection:
    selection:
        Image|endswith: '\whoami.exe'
    filter:
        User: scanner
    condition: selection
",
    good: r"detection:
    selection:
        Image|endswith: '\whoami.exe'
    filter:
        User: scanner
    condition: selection and not filter
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Detection(check) };

fn check(d: &Doc<'_>, det: &Detection, out: &mut Sink<'_>) {
    let mut used: std::collections::HashSet<&str> = std::collections::HashSet::new();
    for parsed in &det.conditions {
        // Selections after `near` are used, too.
        if parsed.aggregation.is_some() {
            used.extend(parsed.text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-'));
        }
        parsed.condition.for_each(&mut |c| match c {
            Condition::Selection(name) => _ = used.insert(name),
            Condition::Quantified { of, .. } => used.extend(det.matching(of).into_iter().map(|(n, _)| n)),
            _ => {}
        });
    }
    let keys = d.detection_keys();
    for (name, _) in &det.selections {
        if !used.contains(name.as_str()) {
            let pos = keys.get(name.as_str()).copied().unwrap_or(det.condition_pos);
            out.at(pos, format!("the condition does not use `{name}`"));
        }
    }
}
