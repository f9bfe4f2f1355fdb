//! SG418: Two `*` follow each other.

use crate::prelude::*;

/// Two `*` follow each other.
pub(crate) static LINT: Lint = Lint {
    code: "SG418",
    name: "double-wildcard",
    severity: Severity::Info,
    what: "Two `*` follow each other.",
    why: "The second says nothing.",
    bad: "detection:
    selection:
        CommandLine: 'whoami**/all'
    condition: selection
",
    good: "detection:
    selection:
        CommandLine: 'whoami*/all'
    condition: selection
",
    fix: Some("leaves one"),
    check: Check::Item(check),
    ..BASE
};

fn check(d: &Doc<'_>, item: &DetectionItem, out: &mut Sink<'_>) {
    if item.modifiers.contains(&Modifier::Re) {
        return;
    }
    for (v, pos) in item.values.iter().zip(&item.value_pos) {
        let Value::Text(t) = v else { continue };
        // A `*` behind a backslash may be plain.
        if t.contains("**") && !t.contains('\\') && !t.bytes().all(|b| b == b'*') {
            let mut better = t.clone();
            while better.contains("**") {
                better = better.replace("**", "*");
            }
            out.at(*pos, "two `*` follow each other").fix(d.reword(*pos, t, &better, "Leave one"));
        }
    }
}
