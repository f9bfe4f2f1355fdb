//! SG421: A value has a leading or trailing wildcard where a modifier could be used.

use crate::prelude::*;

/// A value has a leading or trailing wildcard where a modifier could be used.
pub(crate) static LINT: Lint = Lint {
    code: "SG421",
    name: "wildcards-for-modifier",
    severity: Severity::Info,
    what: "A value has a leading or trailing wildcard where a modifier could be used.",
    why: "The modifier means the same, and is easier to read.",
    bad: r"detection:
    selection:
        Image: '*\whoami.exe'
    condition: selection
",
    good: r"detection:
    selection:
        Image|endswith: '\whoami.exe'
    condition: selection
",
    fix: Some("uses the modifier"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Item(check) };

fn check(d: &Doc<'_>, item: &DetectionItem, out: &mut Sink<'_>) {
    let Some(field) = &item.field else { return };
    if !item.modifiers.is_empty() {
        return;
    }
    let form = |v: &Value| -> Option<(bool, bool)> {
        let Value::Text(t) = v else { return None };
        let open = (t.starts_with('*'), t.ends_with('*'));
        let inner = t.strip_prefix('*').unwrap_or(t);
        let inner = inner.strip_suffix('*').unwrap_or(inner);
        // Values with escapes or more wildcards are skipped.
        (open != (false, false) && !inner.is_empty() && !inner.contains(['*', '?']) && !inner.ends_with('\\')).then_some(open)
    };
    let Some(first) = item.values.first().and_then(form) else { return };
    if !item.values.iter().all(|v| form(v) == Some(first)) {
        return;
    }
    let modifier = match first {
        (true, true) => "contains",
        (true, false) => "endswith",
        _ => "startswith",
    };
    let fix = d.raw_key(item).filter(|(_, raw)| raw == field && !d.shared).and_then(|(key, _)| {
        let mut edits = vec![Edit::replace(key, format!("{field}|{modifier}"))];
        for (v, pos) in item.values.iter().zip(&item.value_pos) {
            let text = v.text()?;
            let range = d.file.scalar(*pos, text)?;
            let inner = text.strip_prefix('*').unwrap_or(text);
            let inner = if first.1 { inner.strip_suffix('*').unwrap_or(inner) } else { inner };
            let new = d.file.like(&range, inner);
            edits.push(Edit::replace(range, new));
        }
        Some(Fix::new(format!("Use `{modifier}`"), edits))
    });
    out.at(item.pos, format!("the wildcards mean `{modifier}`")).fix(fix);
}
