//! SG411: A list of values holds null.

use crate::prelude::*;

/// A list of values holds null.
pub(crate) static LINT: Lint = Lint {
    code: "SG411",
    name: "null-in-list",
    severity: Severity::Warning,
    what: "A list of values holds null.",
    why: "The specification has null only alone; tools differ in what they make of it.",
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
    check: Check::Item(check),
    ..BASE
};

fn check(_: &Doc<'_>, item: &DetectionItem, out: &mut Sink<'_>) {
    if item.values.len() > 1
        && let Some(i) = item.values.iter().position(|v| *v == Value::Null)
    {
        out.at(item.value_pos[i], "null in a list of values").help("give it a selection of its own");
    }
}
