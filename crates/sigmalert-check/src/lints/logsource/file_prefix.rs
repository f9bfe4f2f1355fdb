//! SG311: The file name does not start with SigmaHQ's prefix for the logsource.

use crate::prelude::*;
use crate::taxonomy::Taxonomy;

/// The file name does not start with SigmaHQ's prefix for the logsource.
pub(crate) static LINT: Lint = Lint {
    code: "SG311",
    name: "file-prefix",
    severity: Severity::Info,
    what: "The file name does not start with SigmaHQ's prefix for the logsource.",
    why: "The prefix groups related files in listings.",
    bad: "level: low
",
    good: "level: low
",
    files: ["whoami_execution.yml", "proc_creation_win_whoami.yml"],
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Rule(check) };

fn check(d: &Doc<'_>, r: &Rule, out: &mut Sink<'_>) {
    let name = d.file.name();
    // A file of several documents is named after what it correlates.
    if name.starts_with('<') || d.file.text.contains("\ncorrelation:") {
        return;
    }
    if let Some(prefix) = Taxonomy::get().prefix(&r.logsource)
        && !name.starts_with(prefix)
    {
        out.at(d.entry("logsource").map_or(d.at(), |(k, _)| k.pos), format!("the file name {name} does not start with `{prefix}`"));
    }
}
