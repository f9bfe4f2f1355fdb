//! SG425: The name of a field differs from the taxonomy's in letter case alone.

use crate::prelude::*;
use crate::taxonomy::Taxonomy;

/// The name of a field differs from the taxonomy's in letter case alone.
pub(crate) static LINT: Lint = Lint {
    code: "SG425",
    name: "field-case",
    severity: Severity::Warning,
    what: "The name of a field differs from the taxonomy's in letter case alone.",
    why: "Names of fields mind letter case: the mapping passes it over, and the rule finds nothing.",
    bad: "detection:
    selection:
        commandline|contains: whoami
    condition: selection
",
    good: "detection:
    selection:
        CommandLine|contains: whoami
    condition: selection
",
    fix: Some("writes it as the taxonomy does"),
    check: Check::Rule(check),
    ..BASE
};

fn check(d: &Doc<'_>, r: &Rule, out: &mut Sink<'_>) {
    let t = Taxonomy::get();
    let Some(known) = t.fields(&r.logsource) else { return };
    for item in r.detection.items() {
        let Some(field) = item.field.as_deref() else { continue };
        if t.has_field(&r.logsource, field) {
            continue;
        }
        if let Some(right) = known.iter().find(|k| k.eq_ignore_ascii_case(field)) {
            let fix = d.raw_key(item).filter(|_| !d.shared).and_then(|(range, raw)| {
                let rest = raw.strip_prefix(field)?;
                Some(Fix::new(format!("Write `{right}`"), vec![Edit::replace(range, format!("{right}{rest}"))]).changing())
            });
            out.at(item.pos, format!("the field is called `{right}`")).fix(fix);
        }
    }
}
