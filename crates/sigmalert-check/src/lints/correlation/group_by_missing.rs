//! SG703: A correlation has no `group-by`.

use crate::prelude::*;

/// A correlation has no `group-by`.
pub(crate) static LINT: Lint = Lint {
    code: "SG703",
    name: "correlation-group-by-missing",
    severity: Severity::Info,
    what: "A correlation has no `group-by`.",
    why: "It counts over all events together; the specification's schema asks for it.",
    bad: "!correlation
correlation:
    type: event_count
    rules:
        - whoami_execution
    timespan: 5m
    condition:
        gte: 10
",
    good: "!correlation
",
    check: Check::Correlation(check),
    ..BASE
};

fn check(d: &Doc<'_>, c: &Correlation, out: &mut Sink<'_>) {
    if c.group_by.is_empty() {
        out.at(d.entry("correlation").map_or(d.at(), |(k, _)| k.pos), "the correlation counts over all events together")
            .help("name the fields that make up a group under `group-by`");
    }
}
