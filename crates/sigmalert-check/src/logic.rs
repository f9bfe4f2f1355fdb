//! Static analysis of the logic of rules: constant conditions, contradictions, and equivalence.

use sigmalert_query::{Expr, FieldName, Part, Pattern, Test, simplify};
use sigmalert_sigma::{Condition, Detection, Quantifier};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The number of selections up to which a truth table is computed.
const MAX_SELECTIONS: usize = 12;
/// The number of pairs of values that are compared to find a contradiction between two parts of a condition.
const MAX_PAIRS: usize = 4_000;
/// The number of pairs that are compared in one conjunction, and to find subsumed values: more than any real rule has.
const MAX_ALL_PAIRS: usize = 2_000_000;

/// Returns the value of a condition that does not depend on its selections; `None` if it does, or if that is unknown.
pub(super) fn constant(detection: &Detection, condition: &Condition) -> Option<bool> {
    let names: Vec<&str> = detection.selections.iter().map(|(n, _)| n.as_str()).collect();
    let mut negated = false;
    condition.for_each(&mut |c| negated |= matches!(c, Condition::Not(_)));
    // Without `not`, a condition is true if all selections are, and false if none is.
    if !negated || names.len() > MAX_SELECTIONS {
        return None;
    }
    let mut seen = [false; 2];
    for world in 0..1u32 << names.len() {
        let holds = evaluate(detection, condition, &|name| names.iter().position(|n| *n == name).is_some_and(|i| world >> i & 1 == 1));
        seen[usize::from(holds)] = true;
        if seen == [true, true] {
            return None;
        }
    }
    Some(seen[1])
}

/// Whether a condition is true if no selection matches: the rule matches everything that is not excluded.
pub(super) fn only_excludes(detection: &Detection, condition: &Condition) -> bool {
    evaluate(detection, condition, &|_| false)
}

fn evaluate(detection: &Detection, condition: &Condition, holds: &impl Fn(&str) -> bool) -> bool {
    match condition {
        Condition::Or(items) => items.iter().any(|i| evaluate(detection, i, holds)),
        Condition::And(items) => items.iter().all(|i| evaluate(detection, i, holds)),
        Condition::Not(item) => !evaluate(detection, item, holds),
        Condition::Selection(name) => holds(name),
        Condition::Quantified { quantity, of } => {
            let matching = detection.matching(of);
            let count = matching.iter().filter(|(n, _)| holds(n)).count();
            match quantity {
                Quantifier::All => count == matching.len(),
                Quantifier::AtLeast(n) => count >= *n as usize,
            }
        }
    }
}

/// Returns why an expression never matches, if two of its tests exclude each other.
pub(super) fn never(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Const(false) => Some("it is empty".into()),
        Expr::Or(items) if !items.is_empty() => {
            let reasons: Option<Vec<String>> = items.iter().map(never).collect();
            reasons.and_then(|r| r.into_iter().next())
        }
        Expr::And(items) => items.iter().find_map(never).or_else(|| contradiction(items)),
        _ => None,
    }
}

/// Whether an expression evidently matches every event.
pub(super) fn always(expr: &Expr) -> bool {
    match expr {
        Expr::Const(b) => *b,
        Expr::And(items) => items.iter().all(always),
        Expr::Or(items) => items.iter().any(|i| match i {
            Expr::Not(inner) => always(i) || items.contains(inner),
            _ => always(i),
        }),
        _ => false,
    }
}

/// Returns the description of two parts of a conjunction that exclude each other.
fn contradiction(items: &[Expr]) -> Option<String> {
    // For each field, the alternatives that each part of the conjunction allows.
    let mut required: HashMap<&FieldName, Vec<Vec<&Pattern>>> = HashMap::new();
    let mut excluded: Vec<(&FieldName, &Test)> = Vec::new();
    for item in items {
        if let Expr::Not(inner) = item {
            match &**inner {
                Expr::Test(Some(field), test) => excluded.push((field, test)),
                Expr::Or(tests) => excluded.extend(tests.iter().filter_map(|t| match t {
                    Expr::Test(Some(field), test) => Some((field, test)),
                    _ => None,
                })),
                _ => {}
            }
        } else if let Some((field, patterns)) = patterns(item) {
            required.entry(field).or_default().push(patterns);
        }
    }
    let mut left = MAX_ALL_PAIRS;
    for (field, sets) in &required {
        for (i, a) in sets.iter().enumerate() {
            for b in &sets[i + 1..] {
                let rest = left.checked_sub(1 + (a.len() * b.len()).min(MAX_PAIRS))?;
                left = rest;
                if a.len() * b.len() <= MAX_PAIRS && a.iter().all(|x| b.iter().all(|y| disjoint(x, y))) {
                    return Some(format!("`{field}` cannot be {} and {} at once", a[0], b[0]));
                }
            }
        }
        for (_, test) in excluded.iter().filter(|(f, _)| f == field) {
            let gone = |p: &Pattern| match test {
                Test::Exists => true,
                Test::Pattern(q) => covers(q, p),
                _ => false,
            };
            let rest = left.checked_sub(sets.len())?;
            left = rest;
            if let Some(set) = sets.iter().find(|s| s.iter().all(|p| gone(p))) {
                return Some(match test {
                    Test::Exists => format!("`{field}` cannot be {} and missing at once", set[0]),
                    _ => format!("`{field}` is {}, which the same condition excludes", set[0]),
                });
            }
        }
    }
    None
}

/// Returns the alternative patterns of a part that tests a single field.
fn patterns(expr: &Expr) -> Option<(&FieldName, Vec<&Pattern>)> {
    match expr {
        Expr::Test(Some(field), Test::Pattern(p)) => Some((field, vec![p])),
        Expr::Or(items) => {
            let mut field = None;
            let mut out = Vec::with_capacity(items.len());
            for item in items {
                let Expr::Test(Some(f), Test::Pattern(p)) = item else { return None };
                if *field.get_or_insert(f) != f {
                    return None;
                }
                out.push(p);
            }
            field.map(|f| (f, out))
        }
        _ => None,
    }
}

/// Whether no value matches both patterns; false if unknown.
pub(super) fn disjoint(a: &Pattern, b: &Pattern) -> bool {
    let fold = |t: &str| t.to_lowercase();
    match (a.as_literal(), b.as_literal()) {
        (Some(x), _) => return !b.clone().with_case(sigmalert_query::Case::Insensitive).matches(x),
        (_, Some(y)) => return !a.clone().with_case(sigmalert_query::Case::Insensitive).matches(y),
        _ => {}
    }
    let ends = |first: Option<&Part>, other: Option<&Part>, tail: bool| match (first, other) {
        (Some(Part::Lit(x)), Some(Part::Lit(y))) => {
            let (x, y) = (fold(x), fold(y));
            if tail { !x.ends_with(&y) && !y.ends_with(&x) } else { !x.starts_with(&y) && !y.starts_with(&x) }
        }
        _ => false,
    };
    ends(a.parts().first(), b.parts().first(), false) || ends(a.parts().last(), b.parts().last(), true)
}

/// Whether every value that matches `b` matches `a`; false if unknown.
pub(super) fn covers(a: &Pattern, b: &Pattern) -> bool {
    if let Some(text) = b.as_literal() {
        // A case-sensitive pattern subsumes a case-insensitive one only without letters.
        return (a.case == sigmalert_query::Case::Insensitive || a.case == b.case || !a.has_cased_letter()) && a.matches(text);
    }
    if a.case != b.case && a.has_cased_letter() {
        return false;
    }
    // The wildcards of `b` become characters that only a `*` of `a` can match.
    if a.parts().contains(&Part::One) {
        return a == b;
    }
    let text: String = b
        .parts()
        .iter()
        .map(|p| match p {
            Part::Lit(t) => t.clone(),
            Part::Any => '\u{f8fe}'.to_string(),
            Part::One => '\u{f8ff}'.to_string(),
        })
        .collect();
    a.matches(&text)
}

/// Whether some part of an expression never matches. A quick test before the full analysis.
pub(super) fn has_contradiction(expr: &Expr) -> bool {
    match expr {
        Expr::Const(b) => !b,
        Expr::Or(items) | Expr::AtLeast(_, items) => items.iter().any(has_contradiction),
        Expr::And(items) => items.iter().any(has_contradiction) || contradiction(items).is_some(),
        Expr::Not(item) => has_contradiction(item),
        Expr::Test(..) => false,
    }
}

/// Returns a digest that is equal for simplified expressions that differ only in order.
pub(super) fn digest(mut expr: Expr) -> u64 {
    sort(&mut expr);
    let mut hasher = DefaultHasher::new();
    expr.hash(&mut hasher);
    hasher.finish()
}

fn sort(expr: &mut Expr) {
    match expr {
        Expr::And(items) | Expr::Or(items) | Expr::AtLeast(_, items) => {
            items.iter_mut().for_each(sort);
            items.sort_unstable();
        }
        Expr::Not(item) => sort(item),
        Expr::Const(_) | Expr::Test(..) => {}
    }
}

/// Removes alternatives that another one subsumes. If there are too many, all are kept, and a fix that removes one of them is not
/// applied.
pub(super) fn without_covered(expr: Expr) -> Expr {
    match simplify(expr) {
        Expr::Or(items) => {
            let items: Vec<Expr> = items.into_iter().map(without_covered).collect();
            if items.len().saturating_mul(items.len()) > MAX_ALL_PAIRS {
                return Expr::any(items);
            }
            let kept = |i: usize| {
                let (Some(field), Some(p)) = one_pattern(&items[i]) else { return true };
                !items.iter().enumerate().any(|(j, other)| {
                    let (Some(f), Some(q)) = one_pattern(other) else { return false };
                    // Of two that subsume each other, the first is kept.
                    i != j && f == field && covers(q, p) && (j < i || !covers(p, q))
                })
            };
            let keep: Vec<bool> = (0..items.len()).map(kept).collect();
            Expr::any(items.into_iter().zip(keep).filter(|(_, k)| *k).map(|(e, _)| e).collect())
        }
        Expr::And(items) => Expr::And(items.into_iter().map(without_covered).collect()),
        Expr::AtLeast(n, items) => Expr::AtLeast(n, items.into_iter().map(without_covered).collect()),
        Expr::Not(item) => without_covered(*item).not(),
        other => other,
    }
}

fn one_pattern(expr: &Expr) -> (Option<&Option<FieldName>>, Option<&Pattern>) {
    match expr {
        Expr::Test(field, Test::Pattern(p)) => (Some(field), Some(p)),
        _ => (None, None),
    }
}
