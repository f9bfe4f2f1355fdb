//! SG507: `all of` stands before a list of keywords.

use crate::prelude::*;
use sigmalert_sigma::Quantifier;

/// `all of` stands before a list of keywords.
pub(crate) static LINT: Lint = Lint {
    code: "SG507",
    name: "condition-all-of-keywords",
    severity: Severity::Warning,
    what: "`all of` stands before a list of keywords.",
    why: "Older tools took it to ask for all of the keywords; by the specification it asks for the selection, which any of them meets.",
    bad: "detection:
    keywords:
        - whoami
        - /all
    condition: all of keywords
",
    good: "detection:
    keywords:
        '|all':
            - whoami
            - /all
    condition: keywords
",
    check: Check::Detection(check),
    ..BASE
};

fn check(_: &Doc<'_>, det: &Detection, out: &mut Sink<'_>) {
    for parsed in &det.conditions {
        parsed.condition.for_each(&mut |c| {
            if let Condition::Quantified { quantity: Quantifier::All, of } = c
                && !of.has_wildcard()
                && let [(name, Selection::Keywords(k))] = det.matching(of).as_slice()
                && k.values.len() > 1
                && !k.modifiers.contains(&Modifier::All)
            {
                out.at(det.condition_pos, format!("any keyword of `{name}` meets `all of {name}`"))
                    .help("write `'|all':` above the keywords if all must occur");
            }
        });
    }
}
