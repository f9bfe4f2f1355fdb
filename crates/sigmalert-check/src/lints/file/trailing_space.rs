//! SG010: A line ends in spaces or tabs.

use crate::prelude::*;

/// A line ends in spaces or tabs.
pub(crate) static LINT: Lint = Lint {
    code: "SG010",
    name: "trailing-space",
    severity: Severity::Warning,
    what: "A line ends in spaces or tabs.",
    why: "Noise in every later change of the file; in a block of text it becomes part of the value.",
    bad: "level: low  
",
    good: "level: low
",
    fix: Some("removes them"),
    check: Check::Text(check),
    ..BASE
};

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
            out.over(range.clone(), "the line ends in blanks").fix(Fix::new("Remove them", vec![Edit::delete(range)]));
        }
    }
}
