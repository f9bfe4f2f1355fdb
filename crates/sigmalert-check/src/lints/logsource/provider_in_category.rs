//! SG308: A rule for a Windows category tests a channel or provider that the category implies.

use crate::prelude::*;

/// A rule for a Windows category tests a channel or provider that the category implies.
pub(crate) static LINT: Lint = Lint {
    code: "SG308",
    name: "logsource-provider-in-category",
    severity: Severity::Info,
    what: "A rule for a Windows category tests a channel or provider that the category implies.",
    why: "It is redundant for events from Sysmon, and prevents matches for events from other sources.",
    bad: r"detection:
    selection:
        Channel: Microsoft-Windows-Sysmon/Operational
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
    let channels: &[&str] = match (l.product.as_deref(), l.category.as_deref(), l.service.as_deref()) {
        (Some("windows"), Some(c), None) if c != "antivirus" => {
            &["Microsoft-Windows-Sysmon", "Microsoft-Windows-Security-Auditing", "Microsoft-Windows-PowerShell", "Windows PowerShell"]
        }
        (Some("windows"), None, Some("security")) => &["Microsoft-Windows-Security-Auditing", "Security"],
        (Some("windows"), None, Some("sysmon")) => &["Microsoft-Windows-Sysmon"],
        (Some("windows"), None, Some("system")) => &["System"],
        (Some("windows"), None, Some("application")) => &["Application"],
        _ => return,
    };
    for item in r.detection.items() {
        let Some(field @ ("Channel" | "Provider_Name" | "SourceName" | "EventLog")) = item.field.as_deref() else { continue };
        let implied = |v: &Value| v.text().is_some_and(|t| channels.iter().any(|c| t == *c || t.strip_suffix("/Operational") == Some(c)));
        if item.values.iter().all(implied) {
            out.at(item.pos, format!("the logsource implies `{field}`")).help("remove it");
        }
    }
}
