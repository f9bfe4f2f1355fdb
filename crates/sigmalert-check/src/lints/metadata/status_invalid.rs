//! SG109: The status is not one that the specification defines.

use crate::prelude::*;
use crate::taxonomy::nearest;
use sigmalert_sigma::Status;

/// The status is not one that the specification defines.
pub(crate) static LINT: Lint = Lint {
    code: "SG109",
    name: "status-invalid",
    severity: Severity::Error,
    what: "The status is not one that the specification defines.",
    why: "sigma-cli rejects the rule.",
    bad: "status: experimantal
",
    good: "status: experimental
",
    fix: Some("corrects a status that differs by one or two letters"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if let Some((status, pos)) = d.text("status") {
        let words = || Status::ALL.iter().map(|s| s.name());
        if !words().any(|w| w == status) {
            let near = nearest(status, words());
            out.at(pos, format!("`{status}` is not a status"))
                .help(format!("the statuses are {}", words().collect::<Vec<_>>().join(", ")))
                .fix(near.and_then(|n| d.reword(pos, status, n, &format!("Write `{n}`"))));
        }
    }
}
