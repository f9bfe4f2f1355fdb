//! SG012: There are more than two consecutive blank lines, or blank lines at the end of the file.

use crate::prelude::*;

/// There are more than two consecutive blank lines, or blank lines at the end of the file.
pub(crate) static LINT: Lint = Lint {
    code: "SG012",
    name: "blank-lines",
    severity: Severity::Info,
    what: "There are more than two consecutive blank lines, or blank lines at the end of the file.",
    why: "SigmaHQ's yamllint configuration rejects them.",
    bad: "status: experimental



level: low
",
    good: "status: experimental

level: low
",
    fix: Some("removes the excess lines"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Text(check) };

fn check(f: &File<'_>, out: &mut Sink<'_>) {
    let mut blank = 0;
    for line in 1..=f.line_count() {
        let range = f.line_range(line);
        // The text after the last line feed is not a line.
        let last = line == f.line_count();
        if f.text[range.clone()].trim().is_empty() && !last {
            blank += 1;
            continue;
        }
        let end = last && f.text[range].is_empty();
        let most = if end { 0 } else { 2 };
        if blank > most && line > blank {
            let (from, to) = (line - blank + most, line - 1);
            out.over(f.line_range(from), format!("{blank} consecutive blank lines"))
                .fix(Fix::new("Remove the excess lines", vec![Edit::delete(f.whole_lines(from, to))]));
        }
        blank = 0;
    }
}
