//! SG303: A key of the logsource is not `category`, `product`, `service` or `definition`.

use crate::prelude::*;
use crate::taxonomy::nearest;

/// A key of the logsource is not `category`, `product`, `service` or `definition`.
pub(crate) static LINT: Lint = Lint {
    code: "SG303",
    name: "logsource-key-unknown",
    severity: Severity::Warning,
    what: "A key of the logsource is not `category`, `product`, `service` or `definition`.",
    why: "Tools ignore it, so the rule applies to more events than intended.",
    bad: "logsource:
    catagory: process_creation
    product: windows
",
    good: "logsource:
    category: process_creation
    product: windows
",
    fix: Some("renames a key that differs by one or two letters"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

const KEYS: [&str; 4] = ["category", "product", "service", "definition"];

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    let Some((_, node)) = d.entry("logsource") else { return };
    for (key, _) in node.as_map().unwrap_or_default() {
        if !KEYS.contains(&key.text.as_ref()) && !d.vocabulary.custom_keys.iter().any(|c| *c == key.text) {
            let near = nearest(&key.text, KEYS).filter(|n| node.get(n).is_none());
            out.at(key.pos, format!("`{}` is not a key of a logsource", key.text))
                .help(
                    near.map_or_else(
                        || "the keys are category, product, service, definition".to_owned(),
                        |n| format!("did you mean `{n}`?"),
                    ),
                )
                .fix(near.and_then(|n| d.rename_key(key.pos, &key.text, n)).map(Fix::changing));
        }
    }
}
