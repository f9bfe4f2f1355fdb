//! SG422: A value asks for a plain `*` or `?`.

use crate::prelude::*;
use sigmalert_query::Case;

/// A value asks for a plain `*` or `?`.
pub(crate) static LINT: Lint = Lint {
    code: "SG422",
    name: "escaped-wildcard",
    severity: Severity::Info,
    what: "A value asks for a plain `*` or `?`.",
    why: r"In a path such as `C:\*` a wildcard was meant, and `C:\\*` says that.",
    bad: r"detection:
    selection:
        TargetFilename: 'C:\Users\*\whoami.exe'
    condition: selection
logsource:
    product: windows
    category: file_event
",
    good: r"detection:
    selection:
        TargetFilename: 'C:\Users\\*\whoami.exe'
    condition: selection
logsource:
    product: windows
    category: file_event
",
    check: Check::Item(check),
    ..BASE
};

fn check(_: &Doc<'_>, item: &DetectionItem, out: &mut Sink<'_>) {
    if item.modifiers.contains(&Modifier::Re) {
        return;
    }
    for (v, pos) in item.values.iter().zip(&item.value_pos) {
        let Value::Text(t) = v else { continue };
        if !t.contains("\\*") && !t.contains("\\?") {
            continue;
        }
        let plain = sigmalert_query::from_sigma::pattern(t, Case::Insensitive).literals().any(|l| l.contains(['*', '?']));
        if plain {
            out.at(*pos, "the value asks for a plain `*` or `?`").help("`\\\\*` is a backslash and a wildcard");
        }
    }
}
