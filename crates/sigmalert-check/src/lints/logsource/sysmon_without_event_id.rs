//! SG309: A rule of `service: sysmon` asks for no event id.

use crate::prelude::*;

/// A rule of `service: sysmon` asks for no event id.
pub(crate) static LINT: Lint = Lint {
    code: "SG309",
    name: "logsource-sysmon-without-event-id",
    severity: Severity::Warning,
    what: "A rule of `service: sysmon` asks for no event id.",
    why: "It compares with events of all kinds: a category says which are meant.",
    bad: "logsource:
    product: windows
    service: sysmon
",
    good: "logsource:
    category: process_creation
    product: windows
",
    check: Check::Rule(check),
    ..BASE
};

fn check(d: &Doc<'_>, r: &Rule, out: &mut Sink<'_>) {
    if r.logsource.service.as_deref() == Some("sysmon") && !r.detection.fields().any(|f| f == "EventID") {
        out.at(d.entry("logsource").map_or(d.at(), |(k, _)| k.pos), "a rule of Sysmon that asks for no event id")
            .help("write the category, or the event id");
    }
}
