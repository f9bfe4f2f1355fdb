//! SG217: A `detection` tag is none of the specification's, or there are two.

use crate::prelude::*;

/// A `detection` tag is none of the specification's, or there are two.
pub(crate) static LINT: Lint = Lint {
    code: "SG217",
    name: "tag-detection",
    severity: Severity::Warning,
    what: "A `detection` tag is none of the specification's, or there are two.",
    why: "Converters choose rules by it.",
    bad: "tags:
    - detection.hunting
",
    good: "tags:
    - detection.threat-hunting
",
    check: Check::Document(check),
    ..BASE
};

const KINDS: [&str; 3] = ["dfir", "emerging-threats", "threat-hunting"];

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (_, name, pos) in d.tags("detection") {
        if !KINDS.contains(&name) {
            out.at(pos, format!("`{name}` is no kind of rule")).help(format!("the kinds are {}", KINDS.join(", ")));
        }
    }
    super::only_one(d, "detection", out);
}
