//! SG427: An account is asked for by a part that holds in English and a few other languages.

use crate::prelude::*;

/// An account is asked for by a part that holds in English and a few other languages.
pub(crate) static LINT: Lint = Lint {
    code: "SG427",
    name: "localised-user",
    severity: Severity::Info,
    what: "An account is asked for by a part that holds in English and a few other languages.",
    why: r"`NT AUTHORITY\SYSTEM` is `AUTORITE NT\Systeme` elsewhere; `contains: [AUTHORI, AUTORI]` serves the most, a SID all.",
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
    check: Check::Item(check),
    ..BASE
};

fn check(_: &Doc<'_>, item: &DetectionItem, out: &mut Sink<'_>) {
    let user = item.field.as_deref().is_some_and(|f| f.to_lowercase().contains("user"));
    if let (true, [v]) = (user, item.values.as_slice())
        && v.text().is_some_and(|t| t.contains("AUTHORI") || t.contains("AUTORI"))
    {
        out.at(item.value_pos[0], "the account has other names in other languages").help("write `contains` with AUTHORI and AUTORI");
    }
}
