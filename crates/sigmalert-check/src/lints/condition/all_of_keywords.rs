//! SG507: `all of` is applied to a list of keywords.

use crate::prelude::*;
use sigmalert_sigma::Quantifier;

/// `all of` is applied to a list of keywords.
pub(crate) static LINT: Lint = Lint {
    code: "SG507",
    name: "condition-all-of-keywords",
    severity: Severity::Warning,
    what: "`all of` is applied to a list of keywords.",
    why: "Older tools required all of the keywords; the specification requires the selection, which any keyword matches.",
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
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Detection(check) };

fn check(_: &Doc<'_>, det: &Detection, out: &mut Sink<'_>) {
    for parsed in &det.conditions {
        parsed.condition.for_each(&mut |c| {
            if let Condition::Quantified { quantity: Quantifier::All, of } = c
                && !of.has_wildcard()
                && let [(name, Selection::Keywords(k))] = det.matching(of).as_slice()
                && k.values.len() > 1
                && !k.modifiers.contains(&Modifier::All)
            {
                out.at(det.condition_pos, format!("any keyword of `{name}` satisfies `all of {name}`"))
                    .help("write `'|all':` above the keywords to require all of them");
            }
        });
    }
}
