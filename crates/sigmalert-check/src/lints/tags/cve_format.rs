//! SG211: A `cve` tag is not of the form `cve.YYYY-NUMBER`.

use crate::prelude::*;

/// A `cve` tag is not of the form `cve.YYYY-NUMBER`.
pub(crate) static LINT: Lint = Lint {
    code: "SG211",
    name: "tag-cve-format",
    severity: Severity::Warning,
    what: "A `cve` tag is not of the form `cve.YYYY-NUMBER`.",
    why: "The specification requires this form; tools build links from it.",
    bad: "tags:
    - cve.2021.44228
",
    good: "tags:
    - cve.2021-44228
",
    fix: Some("writes a hyphen"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (tag, name, pos) in d.tags("cve") {
        let right = |n: &str| {
            n.split_once('-').is_some_and(|(y, n)| y.len() == 4 && n.len() >= 4 && (y.to_owned() + n).bytes().all(|b| b.is_ascii_digit()))
        };
        if !right(name) {
            let better = name.replacen(['.', '_'], "-", 1);
            let fix = if right(&better) { d.reword(pos, tag, &format!("cve.{better}"), "Use a hyphen") } else { None };
            out.at(pos, format!("`{tag}` is not a CVE number")).help("use a form such as `cve.2021-44228`").fix(fix);
        }
    }
}
