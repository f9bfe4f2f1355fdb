//! SG423: A value starts with two backslashes, which match a single one.

use crate::prelude::*;

/// A value starts with two backslashes, which match a single one.
pub(crate) static LINT: Lint = Lint {
    code: "SG423",
    name: "single-backslash-share",
    severity: Severity::Warning,
    what: "A value starts with two backslashes, which match a single one.",
    why: r"A UNC path needs four: `\\\\server` matches `\\server`.",
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
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Item(check) };

fn check(_: &Doc<'_>, item: &DetectionItem, out: &mut Sink<'_>) {
    // A value with an unanchored start may begin in the middle of a path.
    let open = item.modifiers.iter().any(|m| matches!(m, Modifier::Re | Modifier::Contains | Modifier::EndsWith));
    if open || item.field.is_none() {
        return;
    }
    for (v, pos) in item.values.iter().zip(&item.value_pos) {
        let Value::Text(t) = v else { continue };
        if let Some(rest) = t.strip_prefix("\\\\")
            && rest.starts_with(|c: char| c.is_alphanumeric())
        {
            out.at(*pos, "`\\\\` matches a single backslash").help("write `\\\\\\\\` for the two at the start of a UNC path");
        }
    }
}
