//! SG104: The title ends with a full stop.

use crate::prelude::*;

/// The title ends with a full stop.
pub(crate) static LINT: Lint = Lint {
    code: "SG104",
    name: "title-ends-with-dot",
    severity: Severity::Warning,
    what: "The title ends with a full stop.",
    why: "A title is not a sentence; the full stop shows up in email subjects, file names and tickets.",
    bad: "title: Whoami Execution.
",
    good: "title: Whoami Execution
",
    fix: Some("removes it"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if let Some((title, pos)) = d.text("title")
        && title.ends_with('.')
        && !title.ends_with("..")
    {
        out.at(pos, "the title ends with a full stop").fix(d.reword(pos, title, title.trim_end_matches('.'), "Remove the full stop"));
    }
}
