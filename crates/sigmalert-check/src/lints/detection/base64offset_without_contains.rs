//! SG414: `base64offset` stands without `contains`.

use crate::prelude::*;

/// `base64offset` stands without `contains`.
pub(crate) static LINT: Lint = Lint {
    code: "SG414",
    name: "base64offset-without-contains",
    aliases: &["base64offset-whole"],
    severity: Severity::Warning,
    what: "`base64offset` stands without `contains`.",
    why: "It encodes a part of a text: compared with a whole value it matches almost nothing.",
    bad: "detection:
    selection:
        CommandLine|base64offset: whoami
    condition: selection
",
    good: "detection:
    selection:
        CommandLine|base64offset|contains: whoami
    condition: selection
",
    check: Check::Item(check),
    ..BASE
};

fn check(_: &Doc<'_>, item: &DetectionItem, out: &mut Sink<'_>) {
    if item.modifiers.contains(&Modifier::Base64Offset) && !item.modifiers.contains(&Modifier::Contains) {
        out.at(item.pos, "`base64offset` without `contains`").help("write `base64offset|contains`");
    }
}
