//! SG014: The file begins with a byte order mark.

use crate::prelude::*;

/// The file begins with a byte order mark.
pub(crate) static LINT: Lint = Lint {
    code: "SG014",
    name: "byte-order-mark",
    severity: Severity::Warning,
    what: "The file begins with a byte order mark.",
    why: "Some tools read it as part of the first key, so the rule has no title.",
    bad: "!bom
level: low
",
    good: "level: low
",
    fix: Some("removes it"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Text(check) };

fn check(f: &File<'_>, out: &mut Sink<'_>) {
    if f.text.starts_with('\u{feff}') {
        out.at(Pos { line: 1, column: 1 }, "the file starts with a byte order mark")
            .fix(Fix::new("Remove the byte order mark", vec![Edit::delete(0..3)]));
    }
}
