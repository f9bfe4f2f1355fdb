//! SG703: A correlation has no `group-by`.

use crate::prelude::*;

/// A correlation has no `group-by`.
pub(crate) static LINT: Lint = Lint {
    code: "SG703",
    name: "correlation-group-by-missing",
    severity: Severity::Info,
    what: "A correlation has no `group-by`.",
    why: "It counts all events together; the specification's schema requires `group-by`.",
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
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Correlation(check) };

fn check(d: &Doc<'_>, c: &Correlation, out: &mut Sink<'_>) {
    if c.group_by.is_empty() {
        out.at(d.entry("correlation").map_or(d.at(), |(k, _)| k.pos), "the correlation counts all events together")
            .help("list the fields to group by under `group-by`");
    }
}
