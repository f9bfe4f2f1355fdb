//! SG309: A rule for `service: sysmon` tests no event id.

use crate::prelude::*;

/// A rule for `service: sysmon` tests no event id.
pub(crate) static LINT: Lint = Lint {
    code: "SG309",
    name: "logsource-sysmon-without-event-id",
    severity: Severity::Warning,
    what: "A rule for `service: sysmon` tests no event id.",
    why: "It is evaluated against every Sysmon event; a category selects the right ones.",
    bad: "logsource:
    product: windows
    service: sysmon
",
    good: "logsource:
    category: process_creation
    product: windows
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Rule(check) };

fn check(d: &Doc<'_>, r: &Rule, out: &mut Sink<'_>) {
    if r.logsource.service.as_deref() == Some("sysmon") && !r.detection.fields().any(|f| f == "EventID") {
        out.at(d.entry("logsource").map_or(d.at(), |(k, _)| k.pos), "the rule tests no event id")
            .help("use a category, or test the event id");
    }
}
