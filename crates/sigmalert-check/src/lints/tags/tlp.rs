//! SG215: A `tlp` tag is not a level of the Traffic Light Protocol, or there are several.

use crate::prelude::*;

/// A `tlp` tag is not a level of the Traffic Light Protocol, or there are several.
pub(crate) static LINT: Lint = Lint {
    code: "SG215",
    name: "tag-tlp",
    severity: Severity::Warning,
    what: "A `tlp` tag is not a level of the Traffic Light Protocol, or there are several.",
    why: "It is unclear with whom the rule may be shared.",
    bad: "tags:
    - tlp.orange
",
    good: "tags:
    - tlp.amber
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

const LEVELS: [&str; 6] = ["red", "amber", "amber-strict", "amber+strict", "green", "clear"];

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (tag, name, pos) in d.tags("tlp") {
        if !LEVELS.contains(&name) {
            let help =
                if name == "white" { "TLP 2.0 replaced it with `clear`" } else { "the levels are red, amber, amber-strict, green, clear" };
            out.at(pos, format!("`{tag}` is not a level of the Traffic Light Protocol")).help(help);
        }
    }
    super::only_one(d, "tlp", out);
}
