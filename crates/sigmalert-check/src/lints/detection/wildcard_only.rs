//! SG410: A value is just `*`.

use crate::prelude::*;

/// A value is just `*`.
pub(crate) static LINT: Lint = Lint {
    code: "SG410",
    name: "wildcard-only",
    severity: Severity::Warning,
    what: "A value is just `*`.",
    why: "`exists` expresses this directly, and is cheaper to search.",
    bad: "detection:
    selection:
        User: '*'
    condition: selection
",
    good: "detection:
    selection:
        User|exists: true
    condition: selection
",
    fix: Some("writes `exists`"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Item(check) };

fn check(d: &Doc<'_>, item: &DetectionItem, out: &mut Sink<'_>) {
    let Some(field) = &item.field else { return };
    let textual = item.modifiers.iter().all(|m| matches!(m, Modifier::Contains | Modifier::StartsWith | Modifier::EndsWith));
    for (v, pos) in item.values.iter().zip(&item.value_pos) {
        let Value::Text(t) = v else { continue };
        if textual && !t.is_empty() && t.bytes().all(|b| b == b'*') {
            let alone = item.values.len() == 1 && !item.is_list;
            let fix = if alone { d.raw_key(item).zip(d.file.scalar(*pos, t)) } else { None };
            let fix = fix.filter(|((_, raw), _)| !d.shared && raw.starts_with(field.as_str())).map(|((key, _), value)| {
                Fix::new("Test whether the field exists", vec![Edit::replace(key, format!("{field}|exists")), Edit::replace(value, "true")])
            });
            out.at(*pos, format!("every value of `{field}` matches")).help(format!("write `{field}|exists: true`")).fix(fix);
        }
    }
}
