//! SG218: A rule in `rules-threat-hunting`, `rules-dfir` or `rules-emerging-threats` does not have the tag of the folder.

use crate::prelude::*;

/// A rule in `rules-threat-hunting`, `rules-dfir` or `rules-emerging-threats` does not have the tag of the folder.
pub(crate) static LINT: Lint = Lint {
    code: "SG218",
    name: "tag-folder-mismatch",
    aliases: &["tag-detection-of-folder"],
    severity: Severity::Info,
    what: "A rule in `rules-threat-hunting`, `rules-dfir` or `rules-emerging-threats` does not have the tag of the folder.",
    why: "SigmaHQ's convention: the tag keeps the category when the rule is moved.",
    bad: "tags:
    - attack.t1033
",
    good: "tags:
    - attack.t1033
    - detection.threat-hunting
",
    files: ["rules-threat-hunting/proc_creation_win_whoami.yml", "rules-threat-hunting/proc_creation_win_whoami.yml"],
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for part in d.file.path.components() {
        let Some(kind) = part.as_os_str().to_str().and_then(|p| p.strip_prefix("rules-")) else { continue };
        if !["dfir", "emerging-threats", "threat-hunting"].contains(&kind) {
            continue;
        }
        let tag = format!("detection.{kind}");
        if !d.list("tags").iter().any(|(t, _)| *t == tag) {
            out.at(d.entry("tags").map_or(d.at(), |(k, _)| k.pos), format!("rules in this folder need the tag `{tag}`"));
        }
    }
}
