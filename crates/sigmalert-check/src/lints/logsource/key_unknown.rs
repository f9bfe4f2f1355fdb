//! SG303: A key of the logsource is none of category, product, service and definition.

use crate::prelude::*;
use crate::taxonomy::nearest;

/// A key of the logsource is none of category, product, service and definition.
pub(crate) static LINT: Lint = Lint {
    code: "SG303",
    name: "logsource-key-unknown",
    severity: Severity::Warning,
    what: "A key of the logsource is none of category, product, service and definition.",
    why: "Tools pass it over, and the rule is about more events than it seems to be.",
    bad: "logsource:
    catagory: process_creation
    product: windows
",
    good: "logsource:
    category: process_creation
    product: windows
",
    fix: Some("renames one that differs by a letter or two"),
    check: Check::Document(check),
    ..BASE
};

const KEYS: [&str; 4] = ["category", "product", "service", "definition"];

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    let Some((_, node)) = d.entry("logsource") else { return };
    for (key, _) in node.as_map().unwrap_or_default() {
        if !KEYS.contains(&key.text.as_ref()) && !d.vocabulary.custom_keys.iter().any(|c| *c == key.text) {
            let near = nearest(&key.text, KEYS).filter(|n| node.get(n).is_none());
            out.at(key.pos, format!("`{}` is no part of a logsource", key.text))
                .help(
                    near.map_or_else(
                        || "the parts are category, product, service, definition".to_owned(),
                        |n| format!("did you mean `{n}`?"),
                    ),
                )
                .fix(near.and_then(|n| d.rename_key(key.pos, &key.text, n)).map(Fix::changing));
        }
    }
}
