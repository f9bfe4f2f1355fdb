//! SG420: A value contains a control character.

use crate::prelude::*;

/// A value contains a control character.
pub(crate) static LINT: Lint = Lint {
    code: "SG420",
    name: "control-character",
    severity: Severity::Warning,
    what: "A value contains a control character.",
    why: r#"`"C:\temp"` in double quotes contains a tab: YAML interprets the backslash. The rule never matches."#,
    bad: r#"detection:
    selection:
        Image: "C:\temp\ntds.exe"
    condition: selection
"#,
    good: r"detection:
    selection:
        Image: 'C:\temp\ntds.exe'
    condition: selection
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Item(check) };

fn check(d: &Doc<'_>, item: &DetectionItem, out: &mut Sink<'_>) {
    for (v, pos) in item.values.iter().zip(&item.value_pos) {
        let Value::Text(t) = v else { continue };
        let Some(c) = t.chars().find(|c| c.is_control()) else { continue };
        let token = d.file.token(*pos);
        let quoted = d.file.text[token].starts_with('"');
        // Line feeds in a block scalar may be intended.
        if quoted || !matches!(c, '\n' | '\r') {
            out.at(*pos, format!("the value contains the control character {c:?}")).help(if quoted {
                "YAML interprets backslashes in double quotes; use single quotes"
            } else {
                "remove it"
            });
        }
    }
}
