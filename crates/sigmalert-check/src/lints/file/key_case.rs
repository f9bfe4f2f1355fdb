//! SG008: A top-level key is not in lower case.

use crate::prelude::*;
use crate::schema;

/// A top-level key is not in lower case.
pub(crate) static LINT: Lint = Lint {
    code: "SG008",
    name: "key-case",
    severity: Severity::Warning,
    what: "A top-level key is not in lower case.",
    why: "Keys mind letter case: tools ignore `Level` and give the rule none.",
    bad: "-level
Level: low
",
    good: "level: low
",
    fix: Some("writes it in lower case"),
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (key, _) in d.node.as_map().unwrap_or_default() {
        let lower = key.text.to_lowercase();
        if lower != key.text && schema::keys().any(|k| k == lower) {
            let fix = if d.entry(&lower).is_none() { d.rename_key(key.pos, &key.text, &lower) } else { None };
            out.at(key.pos, format!("`{}` is read as an unknown key", key.text)).help(format!("write `{lower}`")).fix(fix);
        }
    }
}
