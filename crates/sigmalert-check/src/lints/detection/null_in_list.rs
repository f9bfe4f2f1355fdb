//! SG411: A list of values contains null.

use crate::prelude::*;

/// A list of values contains null.
pub(crate) static LINT: Lint = Lint {
    code: "SG411",
    name: "null-in-list",
    severity: Severity::Warning,
    what: "A list of values contains null.",
    why: "The specification allows null only as a single value; tools interpret it differently in a list.",
    bad: r"detection:
    selection:
        Image|endswith: '\whoami.exe'
        User:
            - null
            - 'SYSTEM'
    condition: selection
",
    good: r"detection:
    selection:
        Image|endswith: '\whoami.exe'
    selection_user:
        - User: null
        - User: 'SYSTEM'
    condition: all of selection*
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Item(check) };

fn check(_: &Doc<'_>, item: &DetectionItem, out: &mut Sink<'_>) {
    if item.values.len() > 1
        && let Some(i) = item.values.iter().position(|v| *v == Value::Null)
    {
        out.at(item.value_pos[i], "the list of values contains null").help("put it in a separate selection");
    }
}
