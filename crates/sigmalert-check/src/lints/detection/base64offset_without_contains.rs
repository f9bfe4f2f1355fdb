//! SG414: `base64offset` is used without `contains`.

use crate::prelude::*;

/// `base64offset` is used without `contains`.
pub(crate) static LINT: Lint = Lint {
    code: "SG414",
    name: "base64offset-without-contains",
    aliases: &["base64offset-whole"],
    severity: Severity::Warning,
    what: "`base64offset` is used without `contains`.",
    why: "It encodes a part of a string; compared with a whole value, it hardly ever matches.",
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
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Item(check) };

fn check(_: &Doc<'_>, item: &DetectionItem, out: &mut Sink<'_>) {
    if item.modifiers.contains(&Modifier::Base64Offset) && !item.modifiers.contains(&Modifier::Contains) {
        out.at(item.pos, "`base64offset` is used without `contains`").help("write `base64offset|contains`");
    }
}
