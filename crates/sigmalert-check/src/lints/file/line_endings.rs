//! SG013: Lines end in a carriage return and a line feed.

use crate::prelude::*;

/// Lines end in a carriage return and a line feed.
pub(crate) static LINT: Lint = Lint {
    code: "SG013",
    name: "line-endings",
    severity: Severity::Warning,
    what: "Lines end in a carriage return and a line feed.",
    why: "Files of mixed endings change as a whole with every editor; yamllint refuses them.",
    bad: "!crlf
level: low
",
    good: "level: low
",
    fix: Some("keeps the line feed"),
    check: Check::Text(check),
    ..BASE
};

fn check(f: &File<'_>, out: &mut Sink<'_>) {
    let at: Vec<usize> = f.text.match_indices("\r\n").map(|(i, _)| i).collect();
    if let Some(&first) = at.first() {
        out.over(first..first + 1, format!("{} lines end in CR LF", at.len()))
            .fix(Fix::new("Keep the line feeds", at.iter().map(|i| Edit::delete(*i..i + 1)).collect()));
    }
}
