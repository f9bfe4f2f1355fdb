//! SG408: A value is duplicated in a list.

use crate::prelude::*;

/// A value is duplicated in a list.
pub(crate) static LINT: Lint = Lint {
    code: "SG408",
    name: "duplicate-value",
    aliases: &["value-repeated"],
    severity: Severity::Warning,
    what: "A value is duplicated in a list.",
    why: "It is redundant; often a different value was intended.",
    bad: r"detection:
    selection:
        Image|endswith:
            - '\whoami.exe'
            - '\WHOAMI.exe'
    condition: selection
",
    good: r"detection:
    selection:
        Image|endswith:
            - '\whoami.exe'
            - '\id.exe'
    condition: selection
",
    fix: Some("removes the duplicate"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Item(check) };

fn check(d: &Doc<'_>, item: &DetectionItem, out: &mut Sink<'_>) {
    if item.values.len() < 2 {
        return;
    }
    let cased = item.modifiers.iter().any(|m| matches!(m, Modifier::Cased | Modifier::Re | Modifier::Base64 | Modifier::Base64Offset));
    let mut seen = std::collections::HashMap::new();
    for (v, pos) in item.values.iter().zip(&item.value_pos) {
        let Some(text) = v.text() else { continue };
        let key = if cased { text.to_owned() } else { text.to_lowercase() };
        if let Some(first) = seen.get(&key) {
            let first: &Pos = first;
            let but_case = if cased { "" } else { " (letter case does not count)" };
            out.at(*pos, format!("the value duplicates line {}{but_case}", first.line))
                .fix(d.drop_item(*pos, "Remove the value").map(Fix::rewriting));
        } else {
            seen.insert(key, *pos);
        }
    }
}
