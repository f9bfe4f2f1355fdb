//! SG009: The value of a key does not have the type that the specification's JSON schema requires.

use crate::prelude::*;
use crate::schema::{self, KeyShape};

/// The value of a key does not have the type that the specification's JSON schema requires.
pub(crate) static LINT: Lint = Lint {
    code: "SG009",
    name: "key-type",
    aliases: &["key-shape"],
    severity: Severity::Warning,
    what: "The value of a key does not have the type that the specification's JSON schema requires.",
    why: "Some tools accept it, others reject the rule; a schema check in CI rejects it.",
    bad: "tags: attack.t1033
",
    good: "tags:
    - attack.t1033
",
    fix: Some("turns a single string into a list"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (key, value) in d.node.as_map().unwrap_or_default() {
        let Some(shape) = schema::shape(&key.text) else { continue };
        if shape.fits(value) || (shape == KeyShape::Map && value.as_map().is_none()) {
            continue;
        }
        let text = value.text().filter(|_| shape == KeyShape::Texts && !d.shared);
        let range = text.and_then(|t| d.file.scalar(value.pos, t));
        // Only if the value is on the line of its key.
        let range = range.filter(|r| d.file.text[..r.start].ends_with(": ") && value.pos.line == key.pos.line);
        let fix = range.map(|r| {
            let indent = " ".repeat(key.pos.column as usize + 3);
            let start = d.file.text[..r.start].trim_end().len();
            let item = format!("\n{indent}- {}", &d.file.text[r.clone()]);
            Fix::new("Make it a list", vec![Edit::replace(start..r.end, item)])
        });
        out.at(value.pos, format!("`{}` is {}, the specification requires {}", key.text, value.describe(), shape.name())).fix(fix);
    }
}
