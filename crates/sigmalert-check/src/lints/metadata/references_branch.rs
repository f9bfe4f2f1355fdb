//! SG125: A reference links to a file on a branch of a GitHub or GitLab repository.

use crate::prelude::*;

/// A reference links to a file on a branch of a GitHub or GitLab repository.
pub(crate) static LINT: Lint = Lint {
    code: "SG125",
    name: "references-branch",
    severity: Severity::Warning,
    what: "A reference links to a file on a branch of a GitHub or GitLab repository.",
    why: "Branches change, and the file with them; SigmaHQ's convention is to use a permalink.",
    bad: "references:
    - https://github.com/SigmaHQ/sigma/blob/master/README.md
",
    good: "references:
    - https://github.com/SigmaHQ/sigma/blob/bd2a4c37efde5f69f87040173e990f1f6ff9e234/README.md
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (text, pos) in d.list("references") {
        let path = text.strip_prefix("https://github.com/").or_else(|| text.strip_prefix("https://gitlab.com/"));
        let Some((_, rest)) = path.and_then(|p| p.split_once("/blob/")) else { continue };
        let reference = rest.split('/').next().unwrap_or_default();
        // Tags do not move, and names of releases have digits.
        if reference.len() != 40 && !reference.bytes().any(|b| b.is_ascii_digit()) {
            out.at(pos, format!("the link follows the branch `{reference}`")).help("press `y` on the page of the file to get a permalink");
        }
    }
}
