//! SG214: An `stp` tag is not a score such as `stp.3k`.

use crate::prelude::*;

/// An `stp` tag is not a score such as `stp.3k`.
pub(crate) static LINT: Lint = Lint {
    code: "SG214",
    name: "tag-stp-format",
    severity: Severity::Warning,
    what: "An `stp` tag is not a score such as `stp.3k`.",
    why: "The specification requires 1 to 5, followed by `a`, `u` or `k` if the robustness of the event is known.",
    bad: "tags:
    - stp.7
",
    good: "tags:
    - stp.3k
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (tag, name, pos) in d.tags("stp") {
        if !matches!(name.as_bytes(), [b'1'..=b'5'] | [b'1'..=b'5', b'a' | b'u' | b'k']) {
            out.at(pos, format!("`{tag}` is not a score"))
                .help("use 1 to 5, followed by a, u or k if the robustness of the event is known");
        }
    }
}
