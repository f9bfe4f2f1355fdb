//! SG124: A reference leads to the pages of ATT&CK.

use crate::prelude::*;

/// A reference leads to the pages of ATT&CK.
pub(crate) static LINT: Lint = Lint {
    code: "SG124",
    name: "references-mitre",
    severity: Severity::Info,
    what: "A reference leads to the pages of ATT&CK.",
    why: r#"SigmaHQ's convention, "References": techniques are named by tags."#,
    bad: "references:
    - https://attack.mitre.org/techniques/T1033/
",
    good: "references:
    - https://example.com/whoami
",
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (text, pos) in d.list("references") {
        if let Some(rest) = text.strip_prefix("https://attack.mitre.org/") {
            let id = rest.strip_prefix("techniques/").map(|t| t.trim_end_matches('/').replace('/', ".").to_lowercase());
            out.at(pos, "the reference leads to ATT&CK")
                .help(id.map_or_else(|| "use a tag".to_owned(), |id| format!("use the tag `attack.{id}`")));
        }
    }
}
