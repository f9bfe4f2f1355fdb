//! SG306: A rule for `service: sysmon` or `security` tests an event id that a category covers.

use crate::prelude::*;

/// A rule for `service: sysmon` or `security` tests an event id that a category covers.
pub(crate) static LINT: Lint = Lint {
    code: "SG306",
    name: "logsource-prefer-category",
    aliases: &["logsource-specific"],
    severity: Severity::Warning,
    what: "A rule for `service: sysmon` or `security` tests an event id that a category covers.",
    why: "The category also covers other sources of the same events; this rule matches none of theirs.",
    bad: r"logsource:
    product: windows
    service: sysmon
detection:
    selection:
        EventID: 1
        Image|endswith: '\whoami.exe'
    condition: selection
",
    good: r"logsource:
    product: windows
    category: process_creation
detection:
    selection:
        Image|endswith: '\whoami.exe'
    condition: selection
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Rule(check) };

const SYSMON: [(i128, &str); 29] = [
    (1, "process_creation"),
    (2, "file_change"),
    (3, "network_connection"),
    (4, "sysmon_status"),
    (5, "process_termination"),
    (6, "driver_load"),
    (7, "image_load"),
    (8, "create_remote_thread"),
    (9, "raw_access_thread"),
    (10, "process_access"),
    (11, "file_event"),
    (12, "registry_event"),
    (13, "registry_set"),
    (14, "registry_rename"),
    (15, "create_stream_hash"),
    (16, "sysmon_status"),
    (17, "pipe_created"),
    (18, "pipe_created"),
    (19, "wmi_event"),
    (20, "wmi_event"),
    (21, "wmi_event"),
    (22, "dns_query"),
    (23, "file_delete"),
    (24, "clipboard_capture"),
    (25, "process_tampering"),
    (26, "file_delete_detected"),
    (27, "file_block_executable"),
    (28, "file_block_shredding"),
    (29, "file_executable_detected"),
];

fn check(_: &Doc<'_>, r: &Rule, out: &mut Sink<'_>) {
    let l = &r.logsource;
    let table: &[(i128, &str)] = match (l.product.as_deref(), l.category.as_deref(), l.service.as_deref()) {
        (Some("windows") | None, None, Some("sysmon")) => &SYSMON,
        (Some("windows"), None, Some("security")) => &[(4688, "process_creation")],
        _ => return,
    };
    for item in r.detection.items() {
        if item.field.as_deref() != Some("EventID") {
            continue;
        }
        // Some of the ids may have no category.
        let of = |v: &Value| v.text().and_then(|t| t.parse().ok()).and_then(|n: i128| table.iter().find(|(id, _)| *id == n));
        let found: Vec<_> = item.values.iter().filter_map(of).collect();
        if let (Some((id, category)), true) = (found.first(), found.len() == item.values.len()) {
            out.at(item.pos, format!("`category: {category}` covers event {id}"))
                .help(format!("use `category: {category}` in the logsource, and remove the event id"));
        }
    }
}
