//! SG418: A value contains consecutive `*`.

use crate::prelude::*;

/// A value contains consecutive `*`.
pub(crate) static LINT: Lint = Lint {
    code: "SG418",
    name: "double-wildcard",
    severity: Severity::Info,
    what: "A value contains consecutive `*`.",
    why: "The second has no effect.",
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
    fix: Some("keeps one"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Item(check) };

fn check(d: &Doc<'_>, item: &DetectionItem, out: &mut Sink<'_>) {
    if item.modifiers.contains(&Modifier::Re) {
        return;
    }
    for (v, pos) in item.values.iter().zip(&item.value_pos) {
        let Value::Text(t) = v else { continue };
        // A `*` after a backslash may be literal.
        if t.contains("**") && !t.contains('\\') && !t.bytes().all(|b| b == b'*') {
            let mut better = t.clone();
            while better.contains("**") {
                better = better.replace("**", "*");
            }
            out.at(*pos, "the value contains consecutive `*`").fix(d.reword(*pos, t, &better, "Keep one `*`"));
        }
    }
}
