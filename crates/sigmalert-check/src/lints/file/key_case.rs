//! SG008: A top-level key is not in lower case.

use crate::prelude::*;
use crate::schema;

/// A top-level key is not in lower case.
pub(crate) static LINT: Lint = Lint {
    code: "SG008",
    name: "key-case",
    severity: Severity::Warning,
    what: "A top-level key is not in lower case.",
    why: "Keys are case-sensitive: tools ignore `Level`, and the rule has no level.",
    bad: "-level
Level: low
",
    good: "level: low
",
    fix: Some("changes it to lower case"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (key, _) in d.node.as_map().unwrap_or_default() {
        let lower = key.text.to_lowercase();
        if lower != key.text && schema::keys().any(|k| k == lower) {
            let fix = if d.entry(&lower).is_none() { d.rename_key(key.pos, &key.text, &lower) } else { None };
            out.at(key.pos, format!("`{}` is not in lower case", key.text)).help(format!("write `{lower}`")).fix(fix);
        }
    }
}
