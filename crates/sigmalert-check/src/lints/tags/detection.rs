//! SG217: A `detection` tag is not one that the specification defines, or there are several.

use crate::prelude::*;

/// A `detection` tag is not one that the specification defines, or there are several.
pub(crate) static LINT: Lint = Lint {
    code: "SG217",
    name: "tag-detection",
    severity: Severity::Warning,
    what: "A `detection` tag is not one that the specification defines, or there are several.",
    why: "Converters select rules by it.",
    bad: "tags:
    - detection.hunting
",
    good: "tags:
    - detection.threat-hunting
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

const KINDS: [&str; 3] = ["dfir", "emerging-threats", "threat-hunting"];

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (_, name, pos) in d.tags("detection") {
        if !KINDS.contains(&name) {
            out.at(pos, format!("`{name}` is not a detection tag")).help(format!("the tags are {}", KINDS.join(", ")));
        }
    }
    super::only_one(d, "detection", out);
}
