//! SG214: An `stp` tag is no score such as `stp.3k`.

use crate::prelude::*;

/// An `stp` tag is no score such as `stp.3k`.
pub(crate) static LINT: Lint = Lint {
    code: "SG214",
    name: "tag-stp-format",
    severity: Severity::Warning,
    what: "An `stp` tag is no score such as `stp.3k`.",
    why: "The specification's form: 1 to 5, then `a`, `u` or `k` where the event's robustness is known.",
    bad: "tags:
    - stp.7
",
    good: "tags:
    - stp.3k
",
    check: Check::Document(check),
    ..BASE
};

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    for (tag, name, pos) in d.tags("stp") {
        if !matches!(name.as_bytes(), [b'1'..=b'5'] | [b'1'..=b'5', b'a' | b'u' | b'k']) {
            out.at(pos, format!("`{tag}` is no score")).help("1 to 5, then a, u or k where the event's robustness is known");
        }
    }
}
