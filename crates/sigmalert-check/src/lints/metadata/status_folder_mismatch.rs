//! SG137: A deprecated or unsupported rule lies outside of a folder of that name.

use crate::prelude::*;

/// A deprecated or unsupported rule lies outside of a folder of that name.
pub(crate) static LINT: Lint = Lint {
    code: "SG137",
    name: "status-folder-mismatch",
    aliases: &["status-out-of-place"],
    severity: Severity::Info,
    what: "A deprecated or unsupported rule lies outside of a folder of that name.",
    why: "SigmaHQ's convention: who converts `rules/` does not expect it there.",
    bad: "status: deprecated
",
    good: "status: deprecated
",
    files: ["rules/proc_creation_win_whoami.yml", "deprecated/proc_creation_win_whoami.yml"],
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if let Some((status @ ("deprecated" | "unsupported"), pos)) = d.text("status")
        && !d.file.path.components().any(|c| c.as_os_str() == status)
    {
        out.at(pos, format!("a rule of status {status} outside of a folder `{status}`"));
    }
}
