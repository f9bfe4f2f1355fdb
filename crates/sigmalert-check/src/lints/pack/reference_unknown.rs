//! SG605: A correlation refers to a rule that is not in the pack.

use crate::pack::DocumentKind;
use crate::prelude::*;
use crate::taxonomy::nearest;

/// A correlation refers to a rule that is not in the pack.
pub(crate) static LINT: Lint = Lint {
    code: "SG605",
    name: "reference-unknown",
    severity: Severity::Error,
    what: "A correlation refers to a rule that is not in the pack.",
    why: "It cannot be converted, and never fires.",
    bad: "!correlation
correlation:
    type: event_count
    rules:
        - whoami_exection
    group-by:
        - User
    timespan: 5m
    condition:
        gte: 10
",
    good: "!correlation
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Pack(check) };

fn check(p: &Pack, out: &mut PackSink<'_>) {
    for e in p.entries.iter().filter(|e| p.whole && e.kind == DocumentKind::Correlation) {
        for r in &e.rules {
            if p.find(&r.key).is_empty() {
                let names = p.entries.iter().filter_map(|e| e.name.as_deref());
                let near = nearest(&r.key, names).map(|n| format!("did you mean `{n}`?"));
                if let Some(f) = out.at(e.file, r.span, format!("the pack has no rule `{}`", r.key)) {
                    f.help(near.unwrap_or_else(|| "include the file of that rule; rules are resolved by id or name".into()));
                }
            }
        }
    }
}
