//! SG007: A top-level key is not in the specification and differs by a letter or two from one that is.

use crate::prelude::*;
use crate::schema;
use crate::taxonomy::nearest;

/// A top-level key is not in the specification and differs by a letter or two from one that is.
pub(crate) static LINT: Lint = Lint {
    code: "SG007",
    name: "unknown-key",
    severity: Severity::Warning,
    what: "A top-level key is not in the specification and differs by a letter or two from one that is.",
    why: "Tools ignore a key they do not know, so that what it says is lost in silence.",
    bad: "-falsepositives
falsepositive:
    - Administrators
",
    good: "falsepositives:
    - Administrators
",
    fix: Some("renames the key"),
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (key, _) in d.node.as_map().unwrap_or_default() {
        let k = key.text.as_ref();
        if schema::keys().chain(schema::EXTRA).any(|known| known.eq_ignore_ascii_case(k)) || d.vocabulary.custom_keys.iter().any(|c| c == k)
        {
            continue;
        }
        if let Some(near) = nearest(k, schema::keys()).filter(|n| d.entry(n).is_none()) {
            out.at(key.pos, format!("`{k}` is no key of a rule"))
                .help(format!("did you mean `{near}`?"))
                .fix(d.rename_key(key.pos, k, near));
        }
    }
}
