//! SG011: The last line has no line feed.

use crate::prelude::*;

/// The last line has no line feed.
pub(crate) static LINT: Lint = Lint {
    code: "SG011",
    name: "no-newline-at-end",
    severity: Severity::Warning,
    what: "The last line has no line feed.",
    why: "When tools concatenate files, the next document is appended to this line.",
    bad: r"!whole
title: Whoami Execution
id: 5f0c7d1e-3a44-4b0e-9d6f-2f1f2c3b4a5d
logsource: {category: process_creation, product: windows}
detection: {selection: {Image: '*\whoami.exe'}, condition: selection}!chomp
",
    good: "!base
",
    fix: Some("adds the line feed"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Text(check) };

fn check(f: &File<'_>, out: &mut Sink<'_>) {
    if !f.text.is_empty() && !f.text.ends_with('\n') {
        let end = f.text.len();
        out.over(end..end, "the last line has no line feed").fix(Fix::new("Add a line feed", vec![Edit::replace(end..end, "\n")]));
    }
}
