//! SG205: The namespace of a tag is none of the specification's.

use crate::prelude::*;
use crate::taxonomy::nearest;

/// The namespace of a tag is none of the specification's.
pub(crate) static LINT: Lint = Lint {
    code: "SG205",
    name: "tag-namespace",
    severity: Severity::Warning,
    what: "The namespace of a tag is none of the specification's.",
    why: "Tools do not know what it means. Namespaces of your own go under `tag-namespaces` of the configuration.",
    bad: "tags:
    - atack.t1033
",
    good: "tags:
    - attack.t1033
",
    check: Check::Document(check),
    ..BASE
};

const NAMESPACES: [&str; 7] = ["attack", "car", "cve", "d3fend", "detection", "stp", "tlp"];

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (tag, pos) in d.list("tags") {
        let Some((ns, _)) = tag.split_once('.') else { continue };
        let ns = ns.to_lowercase();
        if !NAMESPACES.contains(&ns.as_str()) && !d.vocabulary.tag_namespaces.contains(&ns) && !ns.is_empty() {
            let help = nearest(&ns, NAMESPACES).map_or_else(
                || format!("the namespaces are {}; others go under `tag-namespaces` in .sigmalert.toml", NAMESPACES.join(", ")),
                |n| format!("did you mean `{n}`?"),
            );
            out.at(pos, format!("`{ns}` is no namespace of tags")).help(help);
        }
    }
}
