//! SG423: A value begins with two backslashes, which stand for one.

use crate::prelude::*;

/// A value begins with two backslashes, which stand for one.
pub(crate) static LINT: Lint = Lint {
    code: "SG423",
    name: "single-backslash-share",
    severity: Severity::Warning,
    what: "A value begins with two backslashes, which stand for one.",
    why: r"A path of a share needs four: `\\\\server` is `\\server`.",
    bad: r"detection:
    selection:
        CommandLine|startswith: '\\server\share'
    condition: selection
",
    good: r"detection:
    selection:
        CommandLine|startswith: '\\\\server\share'
    condition: selection
",
    check: Check::Item(check),
    ..BASE
};

fn check(_: &Doc<'_>, item: &DetectionItem, out: &mut Sink<'_>) {
    // A value with an open start may well begin in the middle of a path.
    let open = item.modifiers.iter().any(|m| matches!(m, Modifier::Re | Modifier::Contains | Modifier::EndsWith));
    if open || item.field.is_none() {
        return;
    }
    for (v, pos) in item.values.iter().zip(&item.value_pos) {
        let Value::Text(t) = v else { continue };
        if let Some(rest) = t.strip_prefix("\\\\")
            && rest.starts_with(|c: char| c.is_alphanumeric())
        {
            out.at(*pos, "`\\\\` stands for one backslash").help("write `\\\\\\\\` for the two that a share begins with");
        }
    }
}
