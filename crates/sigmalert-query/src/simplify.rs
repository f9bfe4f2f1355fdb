//! Simplification: the same meaning in less.
//!
//! One pass from the leaves up, in time linear in the expression (hash sets find repeats):
//! constants are worked out, nested `and`s and `or`s flattened, repeats dropped, double negations removed,
//! negations of negations merged, and in an `or` the tests on one field brought together so that printers can
//! write `field:(a OR b)`.

use super::{Expr, FieldName, Test};
use std::collections::{HashMap, HashSet};

/// Simplifies; the result means the same.
pub fn simplify(expr: Expr) -> Expr {
    match expr {
        Expr::Const(_) => expr,
        Expr::Test(field, Test::Pattern(p)) if p.is_any() => Expr::Test(field, Test::Exists),
        Expr::Test(..) => expr,
        Expr::Not(item) => simplify(*item).not(),
        Expr::And(items) => join(items, true),
        Expr::Or(items) => join(items, false),
        Expr::AtLeast(n, items) => at_least(n, items),
    }
}

/// `and` when `all`, otherwise `or`.
fn join(items: Vec<Expr>, all: bool) -> Expr {
    let mut out: Vec<Expr> = Vec::with_capacity(items.len());
    let mut add = |e: Expr| -> bool {
        match e {
            Expr::Const(b) if b == all => true,
            Expr::Const(_) => false,
            e => {
                out.push(e);
                true
            }
        }
    };
    for item in items {
        let goes_on = match simplify(item) {
            // Both are in simplest form already: one level is all there is.
            Expr::And(inner) if all => inner.into_iter().all(&mut add),
            Expr::Or(inner) if !all => inner.into_iter().all(&mut add),
            e => add(e),
        };
        if !goes_on {
            return Expr::Const(!all);
        }
    }
    drop_repeats(&mut out);
    if !all {
        gather(&mut out);
    }
    match out.len() {
        0 => Expr::Const(all),
        1 => out.remove(0),
        _ if all => Expr::And(out),
        _ => Expr::Or(out),
    }
}

fn at_least(n: u32, items: Vec<Expr>) -> Expr {
    let mut n = n as usize;
    let mut out = Vec::with_capacity(items.len());
    // Repeats count each for themselves here.
    for item in items {
        match simplify(item) {
            Expr::Const(true) => n = n.saturating_sub(1),
            Expr::Const(false) => {}
            e => out.push(e),
        }
    }
    if n == 0 {
        Expr::TRUE
    } else if n > out.len() {
        Expr::FALSE
    } else if n == 1 {
        join(out, false)
    } else if n == out.len() {
        join(out, true)
    } else {
        Expr::AtLeast(u32::try_from(n).unwrap_or(u32::MAX), out)
    }
}

fn drop_repeats(items: &mut Vec<Expr>) {
    // Small lists, the most by far, are compared directly: cheaper than hashing.
    if items.len() <= 8 {
        let mut i = 1;
        while i < items.len() {
            if items[..i].contains(&items[i]) {
                items.remove(i);
            } else {
                i += 1;
            }
        }
        return;
    }
    let mut seen: HashSet<&Expr> = HashSet::with_capacity(items.len());
    let keep: Vec<bool> = items.iter().map(|e| seen.insert(e)).collect();
    let mut keep = keep.into_iter();
    items.retain(|_| keep.next().unwrap_or(true));
}

/// Brings the positive tests on one field together, each field in the position of its first test.
fn gather(items: &mut Vec<Expr>) {
    let field = |e: &Expr| match e {
        Expr::Test(Some(f), _) => Some(f.clone()),
        _ => None,
    };
    let mut place: HashMap<FieldName, usize> = HashMap::new();
    let mut scattered = false;
    let mut previous: Option<FieldName> = None;
    for (i, e) in items.iter().enumerate() {
        let this = field(e);
        if let Some(f) = &this {
            scattered |= place.contains_key(f) && previous.as_ref() != Some(f);
            place.entry(f.clone()).or_insert(i);
        }
        previous = this;
    }
    if scattered {
        let mut keyed: Vec<(usize, Expr)> = items.drain(..).enumerate().map(|(i, e)| (field(&e).map_or(i, |f| place[&f]), e)).collect();
        keyed.sort_by_key(|(k, _)| *k);
        items.extend(keyed.into_iter().map(|(_, e)| e));
    }
}
