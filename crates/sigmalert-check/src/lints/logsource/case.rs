//! SG302: A part of the logsource is not in lower case.

use crate::prelude::*;

/// A part of the logsource is not in lower case.
pub(crate) static LINT: Lint = Lint {
    code: "SG302",
    name: "logsource-case",
    severity: Severity::Warning,
    what: "A part of the logsource is not in lower case.",
    why: "The specification's names are in lower case; tools that compare case-sensitively have no mapping for `Windows`.",
    bad: "logsource:
    category: process_creation
    product: Windows
",
    good: "logsource:
    category: process_creation
    product: windows
",
    fix: Some("changes it to lower case"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    let Some((_, node)) = d.entry("logsource") else { return };
    for part in ["category", "product", "service"] {
        let Some((text, pos)) = node.get(part).and_then(|n| n.text().map(|t| (t, n.pos))) else { continue };
        let lower = text.to_lowercase();
        if lower != text {
            out.at(pos, format!("`{text}` is not in lower case")).fix(d.reword(pos, text, &lower, "Write it in lower case"));
        }
    }
}
