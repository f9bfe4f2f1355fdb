//! SG009: A key holds another shape than the specification's JSON schema gives it.

use crate::prelude::*;
use crate::schema::{self, KeyShape};

/// A key holds another shape than the specification's JSON schema gives it.
pub(crate) static LINT: Lint = Lint {
    code: "SG009",
    name: "key-type",
    aliases: &["key-shape"],
    severity: Severity::Warning,
    what: "A key holds another shape than the specification's JSON schema gives it.",
    why: "Some tools take it and others refuse the rule: a schema check in a repository's CI refuses it.",
    bad: "tags: attack.t1033
",
    good: "tags:
    - attack.t1033
",
    fix: Some("makes a list of a single text"),
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (key, value) in d.node.as_map().unwrap_or_default() {
        let Some(shape) = schema::shape(&key.text) else { continue };
        if shape.fits(value) || (shape == KeyShape::Map && value.as_map().is_none()) {
            continue;
        }
        let text = value.text().filter(|_| shape == KeyShape::Texts && !d.shared);
        let range = text.and_then(|t| d.file.scalar(value.pos, t));
        // Only where the value stands behind its key.
        let range = range.filter(|r| d.file.text[..r.start].ends_with(": ") && value.pos.line == key.pos.line);
        let fix = range.map(|r| {
            let indent = " ".repeat(key.pos.column as usize + 3);
            let start = d.file.text[..r.start].trim_end().len();
            let item = format!("\n{indent}- {}", &d.file.text[r.clone()]);
            Fix::new("Make it a list", vec![Edit::replace(start..r.end, item)])
        });
        out.at(value.pos, format!("`{}` is {}, the specification has {}", key.text, value.describe(), shape.name())).fix(fix);
    }
}
