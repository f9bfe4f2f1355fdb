//! SG007: A top-level key is not in the specification, but differs from a known key by one or two letters.

use crate::prelude::*;
use crate::schema;
use crate::taxonomy::nearest;

/// A top-level key is not in the specification, but differs from a known key by one or two letters.
pub(crate) static LINT: Lint = Lint {
    code: "SG007",
    name: "unknown-key",
    severity: Severity::Warning,
    what: "A top-level key is not in the specification, but differs from a known key by one or two letters.",
    why: "Tools ignore unknown keys, so its value is silently lost.",
    bad: "-falsepositives
falsepositive:
    - Administrators
",
    good: "falsepositives:
    - Administrators
",
    fix: Some("renames the key"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (key, _) in d.node.as_map().unwrap_or_default() {
        let k = key.text.as_ref();
        if schema::keys().chain(schema::EXTRA).any(|known| known.eq_ignore_ascii_case(k)) || d.vocabulary.custom_keys.iter().any(|c| c == k)
        {
            continue;
        }
        if let Some(near) = nearest(k, schema::keys()).filter(|n| d.entry(n).is_none()) {
            out.at(key.pos, format!("`{k}` is not a known key"))
                .help(format!("did you mean `{near}`?"))
                .fix(d.rename_key(key.pos, k, near));
        }
    }
}
