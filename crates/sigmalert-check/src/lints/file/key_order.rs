//! SG016: The top-level keys are not in SigmaHQ's order.

use crate::prelude::*;
use crate::schema;

/// The top-level keys are not in SigmaHQ's order.
pub(crate) static LINT: Lint = Lint {
    code: "SG016",
    name: "key-order",
    severity: Severity::Info,
    what: "The top-level keys are not in SigmaHQ's order.",
    why: r#"SigmaHQ's convention, "Structure": readers find each key where they expect it."#,
    bad: r"!whole
id: 5f0c7d1e-3a44-4b0e-9d6f-2f1f2c3b4a5d
title: Whoami Execution
logsource:
    category: process_creation
    product: windows
detection:
    selection:
        Image|endswith: '\whoami.exe'
    condition: selection
",
    good: "!base
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    let place = |key: &str| schema::keys().position(|k| k == key);
    let mut last: Option<(usize, &str)> = None;
    for (key, _) in d.node.as_map().unwrap_or_default() {
        let Some(at) = place(&key.text) else { continue };
        if let Some((_, name)) = last.filter(|(before, _)| *before > at && !d.shared) {
            out.at(key.pos, format!("`{}` comes after `{name}`", key.text)).help("the order is title, id, related, status, description, references, author, date, modified, tags, logsource, detection, falsepositives, level");
            return;
        }
        last = Some((at, &key.text));
    }
}
