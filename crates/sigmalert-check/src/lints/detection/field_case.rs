//! SG425: A field name differs from the taxonomy's only in letter case.

use crate::prelude::*;
use crate::taxonomy::Taxonomy;

/// A field name differs from the taxonomy's only in letter case.
pub(crate) static LINT: Lint = Lint {
    code: "SG425",
    name: "field-case",
    severity: Severity::Warning,
    what: "A field name differs from the taxonomy's only in letter case.",
    why: "Field names are case-sensitive: the mapping does not know the field, and the rule never matches.",
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
    fix: Some("writes the taxonomy's name"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Rule(check) };

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
            out.at(item.pos, format!("the field is named `{right}`")).fix(fix);
        }
    }
}
