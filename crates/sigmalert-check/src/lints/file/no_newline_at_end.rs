//! SG011: The last line does not end.

use crate::prelude::*;

/// The last line does not end.
pub(crate) static LINT: Lint = Lint {
    code: "SG011",
    name: "no-newline-at-end",
    severity: Severity::Warning,
    what: "The last line does not end.",
    why: "Tools that join files glue the next document to it.",
    bad: r"!whole
title: Whoami Execution
id: 5f0c7d1e-3a44-4b0e-9d6f-2f1f2c3b4a5d
logsource: {category: process_creation, product: windows}
detection: {selection: {Image: '*\whoami.exe'}, condition: selection}!chomp
",
    good: "!base
",
    fix: Some("ends the line"),
    check: Check::Text(check),
    ..BASE
};

fn check(f: &File<'_>, out: &mut Sink<'_>) {
    if !f.text.is_empty() && !f.text.ends_with('\n') {
        let end = f.text.len();
        out.over(end..end, "the last line does not end").fix(Fix::new("End the line", vec![Edit::replace(end..end, "\n")]));
    }
}
