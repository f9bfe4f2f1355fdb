//! SG107: The id is not a UUID.

use crate::prelude::*;

/// The id is not a UUID.
pub(crate) static LINT: Lint = Lint {
    code: "SG107",
    name: "id-invalid",
    severity: Severity::Error,
    what: "The id is not a UUID.",
    why: "sigma-cli rejects the rule, and references to it do not resolve.",
    bad: "id: whoami-execution
",
    good: "id: 5f0c7d1e-3a44-4b0e-9d6f-2f1f2c3b4a5d
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Document(check) };

/// Whether a text is a UUID in its usual form.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.bytes().enumerate().all(|(i, b)| if matches!(i, 8 | 13 | 18 | 23) { b == b'-' } else { b.is_ascii_hexdigit() })
}

fn check(d: &Doc<'_>, out: &mut Sink<'_>) {
    if let Some((id, pos)) = d.text("id")
        && !is_uuid(id)
    {
        out.at(pos, format!("`{id}` is not a UUID")).help("generate one, for example with `uuidgen`");
    }
}
