//! SG422: A value contains a literal `*` or `?`.

use crate::prelude::*;
use sigmalert_query::Case;

/// A value contains a literal `*` or `?`.
pub(crate) static LINT: Lint = Lint {
    code: "SG422",
    name: "escaped-wildcard",
    severity: Severity::Info,
    what: "A value contains a literal `*` or `?`.",
    why: r"In a path such as `C:\*` a wildcard was probably intended, which is written `C:\\*`.",
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
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Item(check) };

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
            out.at(*pos, "the value contains a literal `*` or `?`").help("write `\\\\*` for a backslash and a wildcard");
        }
    }
}
