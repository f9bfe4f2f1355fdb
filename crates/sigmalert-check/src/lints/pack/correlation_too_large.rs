//! SG610: A correlation over other correlations expands to more than 5,000 rules, or is nested more than 16 levels deep.

use crate::pack::DocumentKind;
use crate::prelude::*;
use sigmalert_sigma::{MAX_MEMBERS, MAX_NESTED};
use std::collections::HashMap;

/// A correlation over other correlations expands to more than 5,000 rules, or is nested more than 16 levels deep.
pub(crate) static LINT: Lint = Lint {
    code: "SG610",
    name: "correlation-too-large",
    severity: Severity::Error,
    what: "A correlation over other correlations expands to more than 5,000 rules, or is nested more than 16 levels deep.",
    why: "A rule file repeats each rule wherever it is referenced, so such a correlation would exhaust memory. It is not converted.",
    bad: "!correlation
---
title: Once
name: once
correlation:
    type: temporal
    rules: [whoami_execution, whoami_execution, whoami_execution, whoami_execution, whoami_execution, whoami_execution,
        whoami_execution, whoami_execution, whoami_execution, whoami_execution]
    timespan: 5m
---
title: Twice
name: twice
correlation:
    type: temporal
    rules: [once, once, once, once, once, once, once, once, once, once]
    timespan: 5m
---
title: Thrice
name: thrice
correlation:
    type: temporal
    rules: [twice, twice, twice, twice, twice, twice, twice, twice, twice, twice]
    timespan: 5m
---
title: Too Often
correlation:
    type: temporal
    rules: [thrice, thrice, thrice, thrice, thrice, thrice, thrice, thrice, thrice, thrice]
    timespan: 5m
",
    good: "!correlation
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Pack(check) };

/// The number of rules that a correlation expands to, and how deeply it is nested.
type Size = (usize, usize);

fn check(p: &Pack, out: &mut PackSink<'_>) {
    let mut known: HashMap<usize, Size> = HashMap::new();
    for (i, e) in p.entries.iter().enumerate().filter(|(_, e)| e.kind == DocumentKind::Correlation) {
        let (members, nested) = size(p, i, &mut known);
        // Nested correlations are reported themselves.
        let below = e.rules.iter().flat_map(|r| p.find(&r.key)).any(|at| known.get(at).is_some_and(is_too_large));
        if below || !is_too_large(&(members, nested)) {
            continue;
        }
        let message = if nested > MAX_NESTED {
            format!("the correlation is nested more than {MAX_NESTED} levels deep")
        } else {
            format!("the correlation expands to more than {MAX_MEMBERS} rules")
        };
        if let Some(f) = out.at(e.file, e.rules.first().map_or(e.at, |r| r.span), message) {
            f.help("refer to each correlation once, or correlate the rules directly");
        }
    }
}

fn is_too_large(&(members, nested): &Size) -> bool {
    nested > MAX_NESTED || (nested > 1 && members > MAX_MEMBERS)
}

/// Each correlation is counted once. Cycles are reported elsewhere and count as nothing here.
fn size(p: &Pack, from: usize, known: &mut HashMap<usize, Size>) -> Size {
    let mut open = vec![(from, 0_usize)];
    known.insert(from, (0, 1));
    while let Some((at, next)) = open.pop() {
        let Some(reference) = p.entries[at].rules.get(next) else { continue };
        let target = p.find(&reference.key).first().copied();
        let inner = match target.filter(|t| p.entries[*t].kind == DocumentKind::Correlation) {
            None => (1, 0),
            Some(t) if open.iter().any(|(above, _)| *above == t) || t == at => (1, 0),
            Some(t) => match known.get(&t) {
                Some((members, nested)) => (members + 1, *nested),
                None => {
                    known.insert(t, (0, 1));
                    open.push((at, next));
                    open.push((t, 0));
                    continue;
                }
            },
        };
        let own = known.entry(at).or_insert((0, 1));
        *own = (own.0.saturating_add(inner.0), own.1.max(inner.1 + 1));
        open.push((at, next + 1));
    }
    known.get(&from).copied().unwrap_or_default()
}
