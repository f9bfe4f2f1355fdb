//! SG218: A rule under `rules-threat-hunting`, `rules-dfir` or `rules-emerging-threats` lacks the tag of the folder.

use crate::prelude::*;

/// A rule under `rules-threat-hunting`, `rules-dfir` or `rules-emerging-threats` lacks the tag of the folder.
pub(crate) static LINT: Lint = Lint {
    code: "SG218",
    name: "tag-folder-mismatch",
    aliases: &["tag-detection-of-folder"],
    severity: Severity::Info,
    what: "A rule under `rules-threat-hunting`, `rules-dfir` or `rules-emerging-threats` lacks the tag of the folder.",
    why: "SigmaHQ's convention: the tag tells the kind when the rule has left its folder.",
    bad: "tags:
    - attack.t1033
",
    good: "tags:
    - attack.t1033
    - detection.threat-hunting
",
    files: ["rules-threat-hunting/proc_creation_win_whoami.yml", "rules-threat-hunting/proc_creation_win_whoami.yml"],
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for part in d.file.path.components() {
        let Some(kind) = part.as_os_str().to_str().and_then(|p| p.strip_prefix("rules-")) else { continue };
        if !["dfir", "emerging-threats", "threat-hunting"].contains(&kind) {
            continue;
        }
        let tag = format!("detection.{kind}");
        if !d.list("tags").iter().any(|(t, _)| *t == tag) {
            out.at(d.entry("tags").map_or(d.at(), |(k, _)| k.pos), format!("the folder asks for the tag `{tag}`"));
        }
    }
}
