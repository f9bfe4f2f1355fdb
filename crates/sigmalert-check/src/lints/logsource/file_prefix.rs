//! SG311: The name of the file does not begin as SigmaHQ's convention asks for the logsource.

use crate::prelude::*;
use crate::taxonomy::Taxonomy;

/// The name of the file does not begin as SigmaHQ's convention asks for the logsource.
pub(crate) static LINT: Lint = Lint {
    code: "SG311",
    name: "file-prefix",
    severity: Severity::Info,
    what: "The name of the file does not begin as SigmaHQ's convention asks for the logsource.",
    why: "Files of one kind lie together in every list.",
    bad: "level: low
",
    good: "level: low
",
    files: ["whoami_execution.yml", "proc_creation_win_whoami.yml"],
    check: Check::Rule(check),
    ..BASE
};

fn check(d: &Doc<'_>, r: &Rule, out: &mut Sink<'_>) {
    let name = d.file.name();
    // A file of several documents is named after what it correlates.
    if name.starts_with('<') || d.file.text.contains("\ncorrelation:") {
        return;
    }
    if let Some(prefix) = Taxonomy::get().prefix(&r.logsource)
        && !name.starts_with(prefix)
    {
        out.at(d.entry("logsource").map_or(d.at(), |(k, _)| k.pos), format!("the name {name} does not begin with `{prefix}`"));
    }
}
