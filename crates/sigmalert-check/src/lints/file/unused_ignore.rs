//! SG006: A suppression comment suppresses nothing, or names an unknown lint.

use crate::prelude::*;
use crate::suppress::Suppression;

/// A suppression comment suppresses nothing, or names an unknown lint.
pub(crate) static LINT: Lint = Lint {
    code: "SG006",
    name: "unused-ignore",
    severity: Severity::Warning,
    what: "A suppression comment suppresses nothing, or names an unknown lint.",
    why: "It may hide a future finding that nobody has reviewed.",
    bad: "title: Whoami Execution # sigmalert: ignore[SG104]
",
    good: "title: Whoami Execution
",
    fix: Some("removes the comment"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Reading };

/// Reports one comment.
pub(crate) fn report(s: &Suppression, f: &File<'_>, out: &mut Sink<'_>) {
    let what = if s.words.is_empty() { "any finding".to_owned() } else { s.words.join(", ") };
    let line = f.pos_at(s.range.start).line as usize;
    // A standalone comment is removed with its line.
    let alone = f.text[f.line_range(line).start..s.range.start].trim().is_empty();
    let start = f.line_range(line).start + f.text[f.line_range(line).start..s.range.start].trim_end().len();
    let range = if alone { f.whole_lines(line, line) } else { start..s.range.end };
    out.over(s.range.clone(), format!("the comment suppresses {what}, but there is nothing to suppress"))
        .fix(Fix::new("Remove the comment", vec![Edit::delete(range)]));
}
