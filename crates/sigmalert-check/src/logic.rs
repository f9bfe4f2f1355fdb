//! What can be said of a rule's logic without an event: that it never or always holds, and that two rules ask the same.

use sigmalert_query::{Expr, FieldName, Part, Pattern, Test, simplify};
use sigmalert_sigma::{Condition, Detection, Quantifier};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// How many selections a truth table is made for.
const MAX_SELECTIONS: usize = 12;
/// How many pairs of values are compared to find a contradiction between two parts of a condition.
const MAX_PAIRS: usize = 4_000;
/// How many are compared in one conjunction, and to find values that others cover: more than any real rule has.
const MAX_ALL_PAIRS: usize = 2_000_000;

/// Whether a condition says the same whatever its selections are: always, or never.
pub(super) fn constant(detection: &Detection, condition: &Condition) -> Option<bool> {
    let names: Vec<&str> = detection.selections.iter().map(|(n, _)| n.as_str()).collect();
    let mut negated = false;
    condition.for_each(&mut |c| negated |= matches!(c, Condition::Not(_)));
    // Without `not` a condition holds when everything does, and does not when nothing does.
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

/// Whether a condition holds when no selection does: the rule matches whatever is not excluded.
pub(super) fn holds_of_nothing(detection: &Detection, condition: &Condition) -> bool {
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

/// Why an expression never holds, where that is plain: two tests that no single value passes.
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

/// Whether an expression holds of every event, where that is plain.
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

/// Two parts of a conjunction that exclude each other.
fn contradiction(items: &[Expr]) -> Option<String> {
    // For each field the alternatives that each part of the conjunction leaves.
    let mut wanted: HashMap<&FieldName, Vec<Vec<&Pattern>>> = HashMap::new();
    let mut refused: Vec<(&FieldName, &Test)> = Vec::new();
    for item in items {
        if let Expr::Not(inner) = item {
            match &**inner {
                Expr::Test(Some(field), test) => refused.push((field, test)),
                Expr::Or(tests) => refused.extend(tests.iter().filter_map(|t| match t {
                    Expr::Test(Some(field), test) => Some((field, test)),
                    _ => None,
                })),
                _ => {}
            }
        } else if let Some((field, patterns)) = patterns(item) {
            wanted.entry(field).or_default().push(patterns);
        }
    }
    let mut left = MAX_ALL_PAIRS;
    for (field, sets) in &wanted {
        for (i, a) in sets.iter().enumerate() {
            for b in &sets[i + 1..] {
                let rest = left.checked_sub(1 + (a.len() * b.len()).min(MAX_PAIRS))?;
                left = rest;
                if a.len() * b.len() <= MAX_PAIRS && a.iter().all(|x| b.iter().all(|y| disjoint(x, y))) {
                    return Some(format!("`{field}` cannot be {} and {} at once", a[0], b[0]));
                }
            }
        }
        for (_, test) in refused.iter().filter(|(f, _)| f == field) {
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

/// The patterns of which a part asks for one, where it speaks of one field alone.
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

/// Whether no value matches both. False when unsure.
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

/// Whether every value that matches `b` matches `a`. False when unsure.
pub(super) fn covers(a: &Pattern, b: &Pattern) -> bool {
    if let Some(text) = b.as_literal() {
        // What minds letter case covers what does not only where there are no letters.
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

/// Whether some part of an expression never holds; where none does, there is nothing to look for.
pub(super) fn has_contradiction(expr: &Expr) -> bool {
    match expr {
        Expr::Const(b) => !b,
        Expr::Or(items) | Expr::AtLeast(_, items) => items.iter().any(has_contradiction),
        Expr::And(items) => items.iter().any(has_contradiction) || contradiction(items).is_some(),
        Expr::Not(item) => has_contradiction(item),
        Expr::Test(..) => false,
    }
}

/// A number that is the same for expressions in simplest form that differ only in order.
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

/// The expression without alternatives that another one covers. Where there are too many of them all stay: a fix that
/// removes one of those is then not made.
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
                    // Of two that cover each other the first stays.
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
