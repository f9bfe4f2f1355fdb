//! SG215: A `tlp` tag is none of the Traffic Light Protocol, or there are two.

use crate::prelude::*;

/// A `tlp` tag is none of the Traffic Light Protocol, or there are two.
pub(crate) static LINT: Lint = Lint {
    code: "SG215",
    name: "tag-tlp",
    severity: Severity::Warning,
    what: "A `tlp` tag is none of the Traffic Light Protocol, or there are two.",
    why: "Nobody can tell to whom the rule may be shown.",
    bad: "tags:
    - tlp.orange
",
    good: "tags:
    - tlp.amber
",
    check: Check::Document(check),
    ..BASE
};

const LEVELS: [&str; 6] = ["red", "amber", "amber-strict", "amber+strict", "green", "clear"];

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (tag, name, pos) in d.tags("tlp") {
        if !LEVELS.contains(&name) {
            let help = if name == "white" {
                "`clear` stands in its place since TLP 2.0"
            } else {
                "the levels are red, amber, amber-strict, green, clear"
            };
            out.at(pos, format!("`{tag}` is no level of the Traffic Light Protocol")).help(help);
        }
    }
    super::only_one(d, "tlp", out);
}
