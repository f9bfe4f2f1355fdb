//! SG137: A deprecated or unsupported rule is outside a folder of that name.

use crate::prelude::*;

/// A deprecated or unsupported rule is outside a folder of that name.
pub(crate) static LINT: Lint = Lint {
    code: "SG137",
    name: "status-folder-mismatch",
    aliases: &["status-out-of-place"],
    severity: Severity::Info,
    what: "A deprecated or unsupported rule is outside a folder of that name.",
    why: "SigmaHQ's convention: users who convert `rules/` do not expect it there.",
    bad: "status: deprecated
",
    good: "status: deprecated
",
    files: ["rules/proc_creation_win_whoami.yml", "deprecated/proc_creation_win_whoami.yml"],
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if let Some((status @ ("deprecated" | "unsupported"), pos)) = d.text("status")
        && !d.file.path.components().any(|c| c.as_os_str() == status)
    {
        out.at(pos, format!("the rule has the status {status}, but is not in a folder `{status}`"));
    }
}
