//! SG216: A `tlp` tag is other than `tlp.clear`.

use crate::prelude::*;

/// A `tlp` tag is other than `tlp.clear`.
pub(crate) static LINT: Lint = Lint {
    code: "SG216",
    name: "tag-tlp-restricted",
    aliases: &["tag-tlp-closed"],
    severity: Severity::Info,
    what: "A `tlp` tag is other than `tlp.clear`.",
    why: "SigmaHQ's rules are public.",
    bad: "tags:
    - tlp.amber
",
    good: "tags:
    - tlp.clear
",
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (tag, name, pos) in d.tags("tlp") {
        if name != "clear" {
            out.at(pos, format!("`{tag}` in a rule that is to be public"));
        }
    }
}
