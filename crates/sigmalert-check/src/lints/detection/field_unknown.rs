//! SG426: The taxonomy has no such field for the category.

use crate::prelude::*;
use crate::taxonomy::Taxonomy;
use crate::taxonomy::nearest;

/// The taxonomy has no such field for the category.
pub(crate) static LINT: Lint = Lint {
    code: "SG426",
    name: "field-unknown",
    severity: Severity::Warning,
    what: "The taxonomy has no such field for the category.",
    why: "The rule never matches events from the taxonomy's sources.",
    bad: "detection:
    selection:
        CommadLine|contains: whoami
    condition: selection
",
    good: "detection:
    selection:
        CommandLine|contains: whoami
    condition: selection
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Rule(check) };

fn check(_: &Doc<'_>, r: &Rule, out: &mut Sink<'_>) {
    let t = Taxonomy::get();
    let Some(known) = t.fields(&r.logsource) else { return };
    for item in r.detection.items() {
        let Some(field) = item.field.as_deref() else { continue };
        if !t.has_field(&r.logsource, field) && !known.iter().any(|k| k.eq_ignore_ascii_case(field)) {
            let near = nearest(field, known.iter().copied());
            out.at(item.pos, format!("events of {} have no field `{field}`", r.logsource))
                .help(near.map_or_else(String::new, |n| format!("did you mean `{n}`?")));
        }
    }
}
