//! SG407: A list has a single value.

use crate::prelude::*;

/// A list has a single value.
pub(crate) static LINT: Lint = Lint {
    code: "SG407",
    name: "single-item-list",
    severity: Severity::Info,
    what: "A list has a single value.",
    why: r#"SigmaHQ's convention, "DetectionItem Lists": write a single value directly after the field."#,
    bad: r"detection:
    selection:
        Image|endswith:
            - '\whoami.exe'
    condition: selection
",
    good: r"detection:
    selection:
        Image|endswith: '\whoami.exe'
    condition: selection
",
    fix: Some("writes the value after its field"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Item(check) };

fn check(d: &Doc<'_>, item: &DetectionItem, out: &mut Sink<'_>) {
    if !item.is_list || item.values.len() != 1 || item.field.is_none() {
        return;
    }
    let fix = item.values[0].text().filter(|_| !d.shared).and_then(|text| {
        let range = d.file.scalar(item.value_pos[0], text)?;
        // From the colon after the key to the value, if there is only the dash between them.
        let (key, _) = d.raw_key(item)?;
        let between = d.file.text.get(key.end..range.start)?;
        let plain = between.strip_prefix(':')?.trim() == "-";
        plain.then(|| Fix::new("Write the value after its field", vec![Edit::replace(key.end..range.start, ": ")]))
    });
    out.at(item.value_pos[0], "the list has a single value").fix(fix);
}
