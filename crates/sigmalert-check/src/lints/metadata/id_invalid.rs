//! SG107: The id is no UUID.

use crate::prelude::*;

/// The id is no UUID.
pub(crate) static LINT: Lint = Lint {
    code: "SG107",
    name: "id-invalid",
    severity: Severity::Error,
    what: "The id is no UUID.",
    why: "sigma-cli refuses the rule, and references to it lead nowhere.",
    bad: "id: whoami-execution
",
    good: "id: 5f0c7d1e-3a44-4b0e-9d6f-2f1f2c3b4a5d
",
    check: Check::Document(check),
    ..BASE
};

/// Whether a text is a UUID in its usual form.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.bytes().enumerate().all(|(i, b)| if matches!(i, 8 | 13 | 18 | 23) { b == b'-' } else { b.is_ascii_hexdigit() })
}

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if let Some((id, pos)) = d.text("id")
        && !is_uuid(id)
    {
        out.at(pos, format!("`{id}` is no UUID")).help("write 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12");
    }
}
