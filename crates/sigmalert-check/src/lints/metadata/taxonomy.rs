//! SG139: The rule uses another taxonomy than Sigma's.

use crate::prelude::*;

/// The rule uses another taxonomy than Sigma's.
pub(crate) static LINT: Lint = Lint {
    code: "SG139",
    name: "taxonomy",
    severity: Severity::Info,
    what: "The rule uses another taxonomy than Sigma's.",
    why: "Its field names are still read as Sigma's, so a field mapping may not know them.",
    bad: "taxonomy: ecs
",
    good: "-taxonomy
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if let Some((text, pos)) = d.text("taxonomy")
        && text != "sigma"
    {
        out.at(pos, format!("the taxonomy `{text}` is treated as Sigma's"));
    }
}
