//! SG419: A number is quoted.

use crate::prelude::*;

/// A number is quoted.
pub(crate) static LINT: Lint = Lint {
    code: "SG419",
    name: "quoted-number",
    aliases: &["number-as-text"],
    severity: Severity::Info,
    what: "A number is quoted.",
    why: "Tools that distinguish numbers from strings compare it as a string, which does not match a numeric field.",
    bad: "detection:
    selection:
        EventID: '4688'
    condition: selection
logsource:
    product: windows
    service: security
",
    good: "detection:
    selection:
        EventID: 4688
    condition: selection
logsource:
    product: windows
    service: security
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Item(check) };

fn check(_: &Doc<'_>, item: &DetectionItem, out: &mut Sink<'_>) {
    if item.field.is_none() || !item.modifiers.is_empty() {
        return;
    }
    for (v, pos) in item.values.iter().zip(&item.value_pos) {
        let Value::Text(t) = v else { continue };
        if !t.is_empty() && t.len() < 19 && t.bytes().all(|b| b.is_ascii_digit()) && (t == "0" || !t.starts_with('0')) {
            out.at(*pos, "the number is quoted");
        }
    }
}
