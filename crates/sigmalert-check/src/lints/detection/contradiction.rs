//! SG429: A selection requires two values of one field that exclude each other.

use crate::logic::has_contradiction;
use crate::logic::never;
use crate::prelude::*;
use sigmalert_query::Expr;
use sigmalert_query::simplify;
use sigmalert_sigma::Placeholders;

/// A selection requires two values of one field that exclude each other.
pub(crate) static LINT: Lint = Lint {
    code: "SG429",
    name: "contradiction",
    severity: Severity::Warning,
    what: "A selection requires two values of one field that exclude each other.",
    why: "It never matches, unless the field has several values.",
    bad: r"detection:
    selection:
        - Image|endswith: '\whoami.exe'
          Image|startswith: 'C:\'
          Image: 'D:\whoami.exe'
    condition: selection
",
    good: r"detection:
    selection:
        Image|endswith: '\whoami.exe'
        Image|startswith: 'C:\'
    condition: selection
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Logic(check) };

fn check(d: &Doc<'_>, r: &Rule, e: &Expr, out: &mut Sink<'_>) {
    if !has_contradiction(e) {
        return;
    }
    let none = Placeholders::default();
    let mut found = false;
    let keys = d.detection_keys();
    for (name, _) in &r.detection.selections {
        let Ok(expr) = Expr::from_condition(r, &Condition::Selection(name.clone()), &none) else { continue };
        if let Some(reason) = never(&simplify(expr)) {
            found = true;
            let pos = keys.get(name.as_str()).copied().unwrap_or(r.detection.condition_pos);
            out.at(pos, format!("`{name}` never matches: {reason}"));
        }
    }
    // The condition may combine selections that exclude each other.
    if !found && let Some(reason) = never(e) {
        out.at(r.detection.condition_pos, format!("the rule never matches: {reason}"));
    }
}
