//! SG307: A rule for a Windows category tests an event id that the category implies.

use crate::prelude::*;

/// A rule for a Windows category tests an event id that the category implies.
pub(crate) static LINT: Lint = Lint {
    code: "SG307",
    name: "logsource-event-id-in-category",
    severity: Severity::Warning,
    what: "A rule for a Windows category tests an event id that the category implies.",
    why: "It is redundant for events from Sysmon, and prevents matches for events from other sources.",
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
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Rule(check) };

fn check(_: &Doc<'_>, r: &Rule, out: &mut Sink<'_>) {
    let l = &r.logsource;
    // These categories cover several event ids, so a rule may test one of them.
    let joined = ["registry_event", "wmi_event", "pipe_created", "sysmon_status", "ps_classic_start", "antivirus"];
    let Some(category) = l.category.as_deref().filter(|c| l.product.as_deref() == Some("windows") && !joined.contains(c)) else { return };
    for item in r.detection.items() {
        if item.field.as_deref() == Some("EventID") {
            out.at(item.pos, format!("`category: {category}` implies the event id")).help("remove it");
        }
    }
}
