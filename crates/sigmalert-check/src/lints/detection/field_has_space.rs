//! SG424: The name of a field holds a space.

use crate::prelude::*;

/// The name of a field holds a space.
pub(crate) static LINT: Lint = Lint {
    code: "SG424",
    name: "field-has-space",
    severity: Severity::Warning,
    what: "The name of a field holds a space.",
    why: "SigmaHQ writes underscores; `query_string` needs the space escaped, and most tools do not.",
    bad: "detection:
    selection:
        Event ID: 4688
    condition: selection
logsource:
    product: windows
    service: security
",
    good: "detection:
    selection:
        EventID: 4688
    condition: selection
logsource:
    product: windows
    service: security
",
    check: Check::Item(check),
    ..BASE
};

fn check(_: &Doc<'_>, item: &DetectionItem, out: &mut Sink<'_>) {
    if let Some(f) = item.field.as_deref().filter(|f| f.contains(' ')) {
        out.at(item.pos, format!("the field `{f}` has a space in its name"));
    }
}
