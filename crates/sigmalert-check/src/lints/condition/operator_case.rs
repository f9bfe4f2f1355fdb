//! SG503: An operator of the condition is not in lower case.

use crate::prelude::*;

/// An operator of the condition is not in lower case.
pub(crate) static LINT: Lint = Lint {
    code: "SG503",
    name: "condition-operator-case",
    severity: Severity::Warning,
    what: "An operator of the condition is not in lower case.",
    why: "pySigma reads `AND` as the name of a selection and rejects the rule.",
    bad: r"detection:
    selection:
        Image|endswith: '\whoami.exe'
    filter:
        User: scanner
    condition: selection AND NOT filter
",
    good: r"detection:
    selection:
        Image|endswith: '\whoami.exe'
    filter:
        User: scanner
    condition: selection and not filter
",
    fix: Some("changes it to lower case"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Detection(check) };

const OPERATORS: [&str; 6] = ["and", "or", "not", "of", "them", "all"];

fn check(d: &Doc<'_>, det: &Detection, out: &mut Sink<'_>) {
    for parsed in det.conditions.iter().filter(|c| c.odd_case) {
        let lower: Vec<String> = parsed
            .text
            .split(' ')
            .map(|w| {
                let core = w.trim_matches(['(', ')']);
                if OPERATORS.contains(&core.to_lowercase().as_str()) { w.to_lowercase() } else { w.to_owned() }
            })
            .collect();
        let fix = d.reword(det.condition_pos, &parsed.text, &lower.join(" "), "Write the operators in lower case");
        out.at(det.condition_pos, "operators are written in lower case").fix(fix);
    }
}
