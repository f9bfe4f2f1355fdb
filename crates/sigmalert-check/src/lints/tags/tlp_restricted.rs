//! SG216: A `tlp` tag is not `tlp.clear`.

use crate::prelude::*;

/// A `tlp` tag is not `tlp.clear`.
pub(crate) static LINT: Lint = Lint {
    code: "SG216",
    name: "tag-tlp-restricted",
    aliases: &["tag-tlp-closed"],
    severity: Severity::Info,
    what: "A `tlp` tag is not `tlp.clear`.",
    why: "SigmaHQ's rules are public.",
    bad: "tags:
    - tlp.amber
",
    good: "tags:
    - tlp.clear
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (tag, name, pos) in d.tags("tlp") {
        if name != "clear" {
            out.at(pos, format!("the rule has the tag `{tag}`, but public rules use `tlp.clear`"));
        }
    }
}
