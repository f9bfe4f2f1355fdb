//! SG122: The rule has no references.

use crate::prelude::*;

/// The rule has no references.
pub(crate) static LINT: Lint = Lint {
    code: "SG122",
    name: "references-missing",
    severity: Severity::Info,
    what: "The rule has no references.",
    why: "SigmaHQ's convention is to cite a public source where there is one.",
    bad: "-references
",
    good: "references:
    - https://learn.microsoft.com/windows-server/administration/windows-commands/whoami
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if !d.has_value("references") && !d.is_filter() && !d.is_correlation() {
        out.at(d.at(), "the rule has no `references`");
    }
}
