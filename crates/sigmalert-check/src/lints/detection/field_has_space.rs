//! SG424: A field name contains a space.

use crate::prelude::*;

/// A field name contains a space.
pub(crate) static LINT: Lint = Lint {
    code: "SG424",
    name: "field-has-space",
    severity: Severity::Warning,
    what: "A field name contains a space.",
    why: "SigmaHQ uses underscores; `query_string` requires the space to be escaped, and most tools do not.",
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
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Item(check) };

fn check(_: &Doc<'_>, item: &DetectionItem, out: &mut Sink<'_>) {
    if let Some(f) = item.field.as_deref().filter(|f| f.contains(' ')) {
        out.at(item.pos, format!("the field name `{f}` contains a space"));
    }
}
