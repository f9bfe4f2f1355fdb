//! SG607: A correlation refers to itself, directly or through other correlations.

use crate::pack::DocumentKind;
use crate::prelude::*;

/// A correlation refers to itself, directly or through other correlations.
pub(crate) static LINT: Lint = Lint {
    code: "SG607",
    name: "cyclic-reference",
    aliases: &["reference-circle"],
    severity: Severity::Error,
    what: "A correlation refers to itself, directly or through other correlations.",
    why: "It cannot be converted.",
    bad: "!correlation
name: itself
correlation:
    type: event_count
    rules:
        - itself
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
    for (i, e) in p.entries.iter().enumerate().filter(|(_, e)| e.kind == DocumentKind::Correlation) {
        for r in &e.rules {
            if p.find(&r.key).iter().any(|next| reaches(p, *next, i)) {
                out.at(e.file, r.span, format!("`{}` refers back to the correlation", r.key));
            }
        }
    }
}

fn reaches(p: &Pack, from: usize, to: usize) -> bool {
    let mut seen = std::collections::HashSet::new();
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        if at == to {
            return true;
        }
        if seen.insert(at) && p.entries[at].kind == DocumentKind::Correlation {
            open.extend(p.entries[at].rules.iter().flat_map(|r| p.find(&r.key)));
        }
    }
    false
}
