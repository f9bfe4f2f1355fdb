//! SG013: Lines end with CR LF.

use crate::prelude::*;

/// Lines end with CR LF.
pub(crate) static LINT: Lint = Lint {
    code: "SG013",
    name: "line-endings",
    severity: Severity::Warning,
    what: "Lines end with CR LF.",
    why: "Editors rewrite whole files with mixed line endings; yamllint rejects them.",
    bad: "!crlf
level: low
",
    good: "level: low
",
    fix: Some("converts them to LF"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Text(check) };

fn check(f: &File<'_>, out: &mut Sink<'_>) {
    let at: Vec<usize> = f.text.match_indices("\r\n").map(|(i, _)| i).collect();
    if let Some(&first) = at.first() {
        out.over(first..first + 1, format!("{} lines end with CR LF", at.len()))
            .fix(Fix::new("Convert to LF", at.iter().map(|i| Edit::delete(*i..i + 1)).collect()));
    }
}
