//! SG205: The namespace of a tag is not one that the specification defines.

use crate::prelude::*;
use crate::taxonomy::nearest;

/// The namespace of a tag is not one that the specification defines.
pub(crate) static LINT: Lint = Lint {
    code: "SG205",
    name: "tag-namespace",
    severity: Severity::Warning,
    what: "The namespace of a tag is not one that the specification defines.",
    why: "Tools do not know its meaning. List your own namespaces under `tag-namespaces` in the configuration.",
    bad: "tags:
    - atack.t1033
",
    good: "tags:
    - attack.t1033
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

const NAMESPACES: [&str; 7] = ["attack", "car", "cve", "d3fend", "detection", "stp", "tlp"];

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (tag, pos) in d.list("tags") {
        let Some((ns, _)) = tag.split_once('.') else { continue };
        let ns = ns.to_lowercase();
        if !NAMESPACES.contains(&ns.as_str()) && !d.vocabulary.tag_namespaces.contains(&ns) && !ns.is_empty() {
            let help = nearest(&ns, NAMESPACES).map_or_else(
                || format!("the namespaces are {}; list others under `tag-namespaces` in .sigmalert.toml", NAMESPACES.join(", ")),
                |n| format!("did you mean `{n}`?"),
            );
            out.at(pos, format!("`{ns}` is not a known namespace")).help(help);
        }
    }
}
