//! SG010: A line has trailing spaces or tabs.

use crate::prelude::*;

/// A line has trailing spaces or tabs.
pub(crate) static LINT: Lint = Lint {
    code: "SG010",
    name: "trailing-space",
    severity: Severity::Warning,
    what: "A line has trailing spaces or tabs.",
    why: "They add noise to diffs, and become part of the value in a block scalar.",
    bad: "level: low  
",
    good: "level: low
",
    fix: Some("removes them"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Text(check) };

fn check(f: &File<'_>, out: &mut Sink<'_>) {
    if !f.text.contains(" \n") && !f.text.contains("\t\n") && !f.text.contains(" \r\n") && !f.text.ends_with([' ', '\t']) {
        return;
    }
    for line in 1..=f.line_count() {
        let range = f.line_range(line);
        let text = &f.text[range.clone()];
        let trimmed = text.trim_end_matches([' ', '\t']).len();
        if trimmed < text.len() {
            let range = range.start + trimmed..range.end;
            out.over(range.clone(), "the line has trailing whitespace").fix(Fix::new("Remove the whitespace", vec![Edit::delete(range)]));
        }
    }
}
