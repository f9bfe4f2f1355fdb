//! SG427: An account is matched by a string that exists only in English and a few other languages.

use crate::prelude::*;

/// An account is matched by a string that exists only in English and a few other languages.
pub(crate) static LINT: Lint = Lint {
    code: "SG427",
    name: "localised-user",
    severity: Severity::Info,
    what: "An account is matched by a string that exists only in English and a few other languages.",
    why: r"`NT AUTHORITY\SYSTEM` is `AUTORITE NT\Systeme` in French; `contains: [AUTHORI, AUTORI]` covers most languages, a SID all of them.",
    bad: r"detection:
    selection:
        User: 'NT AUTHORITY\SYSTEM'
    condition: selection
",
    good: "detection:
    selection:
        User|contains:
            - 'AUTHORI'
            - 'AUTORI'
    condition: selection
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Item(check) };

fn check(_: &Doc<'_>, item: &DetectionItem, out: &mut Sink<'_>) {
    let user = item.field.as_deref().is_some_and(|f| f.to_lowercase().contains("user"));
    if let (true, [v]) = (user, item.values.as_slice())
        && v.text().is_some_and(|t| t.contains("AUTHORI") || t.contains("AUTORI"))
    {
        out.at(item.value_pos[0], "the account name differs between languages").help("use `contains` with AUTHORI and AUTORI");
    }
}
