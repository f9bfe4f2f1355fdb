//! SG124: A reference links to the ATT&CK website.

use crate::prelude::*;

/// A reference links to the ATT&CK website.
pub(crate) static LINT: Lint = Lint {
    code: "SG124",
    name: "references-mitre",
    severity: Severity::Info,
    what: "A reference links to the ATT&CK website.",
    why: r#"SigmaHQ's convention, "References": use tags for techniques."#,
    bad: "references:
    - https://attack.mitre.org/techniques/T1033/
",
    good: "references:
    - https://example.com/whoami
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (text, pos) in d.list("references") {
        if let Some(rest) = text.strip_prefix("https://attack.mitre.org/") {
            let id = rest.strip_prefix("techniques/").map(|t| t.trim_end_matches('/').replace('/', ".").to_lowercase());
            out.at(pos, "the reference links to the ATT&CK website")
                .help(id.map_or_else(|| "use a tag".to_owned(), |id| format!("use the tag `attack.{id}`")));
        }
    }
}
