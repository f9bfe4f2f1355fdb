//! SG307: A rule of a Windows category asks for an event id that the category implies.

use crate::prelude::*;

/// A rule of a Windows category asks for an event id that the category implies.
pub(crate) static LINT: Lint = Lint {
    code: "SG307",
    name: "logsource-event-id-in-category",
    severity: Severity::Warning,
    what: "A rule of a Windows category asks for an event id that the category implies.",
    why: "It adds nothing where Sysmon writes the events, and finds nothing where another source does.",
    bad: r"detection:
    selection:
        EventID: 1
        Image|endswith: '\whoami.exe'
    condition: selection
",
    good: r"detection:
    selection:
        Image|endswith: '\whoami.exe'
    condition: selection
",
    check: Check::Rule(check),
    ..BASE
};

fn check(_: &Doc<'_>, r: &Rule, out: &mut Sink<'_>) {
    let l = &r.logsource;
    // Selector these the id tells apart what the category joins.
    let joined = ["registry_event", "wmi_event", "pipe_created", "sysmon_status", "ps_classic_start", "antivirus"];
    let Some(category) = l.category.as_deref().filter(|c| l.product.as_deref() == Some("windows") && !joined.contains(c)) else { return };
    for item in r.detection.items() {
        if item.field.as_deref() == Some("EventID") {
            out.at(item.pos, format!("`category: {category}` implies the event id")).help("leave it out");
        }
    }
}
