//! SG211: A `cve` tag is not `cve.YYYY-NUMBER`.

use crate::prelude::*;

/// A `cve` tag is not `cve.YYYY-NUMBER`.
pub(crate) static LINT: Lint = Lint {
    code: "SG211",
    name: "tag-cve-format",
    severity: Severity::Warning,
    what: "A `cve` tag is not `cve.YYYY-NUMBER`.",
    why: "The specification's form; tools make links of it.",
    bad: "tags:
    - cve.2021.44228
",
    good: "tags:
    - cve.2021-44228
",
    fix: Some("writes a hyphen"),
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (tag, name, pos) in d.tags("cve") {
        let right = |n: &str| {
            n.split_once('-').is_some_and(|(y, n)| y.len() == 4 && n.len() >= 4 && (y.to_owned() + n).bytes().all(|b| b.is_ascii_digit()))
        };
        if !right(name) {
            let better = name.replacen(['.', '_'], "-", 1);
            let fix = if right(&better) { d.reword(pos, tag, &format!("cve.{better}"), "Write a hyphen") } else { None };
            out.at(pos, format!("`{tag}` is no number of a CVE")).help("write it such as `cve.2021-44228`").fix(fix);
        }
    }
}
