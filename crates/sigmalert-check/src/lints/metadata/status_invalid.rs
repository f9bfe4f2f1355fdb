//! SG109: The status is none of the specification's.

use crate::prelude::*;
use crate::taxonomy::nearest;
use sigmalert_sigma::Status;

/// The status is none of the specification's.
pub(crate) static LINT: Lint = Lint {
    code: "SG109",
    name: "status-invalid",
    severity: Severity::Error,
    what: "The status is none of the specification's.",
    why: "sigma-cli refuses the rule.",
    bad: "status: experimantal
",
    good: "status: experimental
",
    fix: Some("writes the status that differs by a letter or two"),
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if let Some((status, pos)) = d.text("status") {
        let words = || Status::ALL.iter().map(|s| s.name());
        if !words().any(|w| w == status) {
            let near = nearest(status, words());
            out.at(pos, format!("`{status}` is no status"))
                .help(format!("the statuses are {}", words().collect::<Vec<_>>().join(", ")))
                .fix(near.and_then(|n| d.reword(pos, status, n, &format!("Write `{n}`"))));
        }
    }
}
