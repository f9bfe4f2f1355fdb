//! Applies fixes to the text. Comments and layout are preserved, and a fix that would change what a rule matches is not
//! applied.

use super::checker::Checker;
use super::edit::{Edit, Fix};
use super::finding::Finding;
use super::logic;
use sigmalert_query::Expr;
use sigmalert_query::from_sigma;
use sigmalert_query::simplify;
use sigmalert_sigma::yaml::Limits;
use sigmalert_sigma::{Document, Placeholders};
use std::collections::BTreeMap;
use std::path::Path;

/// A fixed text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// The text.
    pub text: String,
    /// The number of applied fixes by the code of the lint.
    pub applied: BTreeMap<&'static str, usize>,
}

/// How often a text is checked again: one fix may enable the next.
const ROUNDS: usize = 12;

/// Applies all fixes to a text.
pub fn fix_text(checker: &Checker, path: &Path, text: &str) -> Fixed {
    let mut out = Fixed { text: text.to_owned(), applied: BTreeMap::new() };
    let mut rejected: Vec<(&'static str, Vec<Edit>)> = Vec::new();
    for _ in 0..ROUNDS {
        let report = checker.check_text(path, &out.text);
        let mut todo: Vec<&Finding> = report.findings.iter().filter(|f| f.fix.is_some()).collect();
        todo.retain(|f| !rejected.iter().any(|(code, edits)| *code == f.lint.code && f.fix.as_ref().is_some_and(|x| x.edits == *edits)));
        if todo.is_empty() {
            break;
        }
        // Apply all that do not overlap together; if that fails, one by one.
        let batch = disjoint(&todo);
        if let Some(next) = try_apply(&out.text, &batch) {
            take(&mut out, next, &batch);
            continue;
        }
        let mut went = false;
        for finding in batch {
            match try_apply(&out.text, &[finding]) {
                Some(next) => {
                    take(&mut out, next, &[finding]);
                    went = true;
                    // The positions of the others have changed.
                    break;
                }
                None => rejected.push((finding.lint.code, finding.fix.as_ref().map(|f| f.edits.clone()).unwrap_or_default())),
            }
        }
        if !went {
            break;
        }
    }
    out
}

fn take(out: &mut Fixed, text: String, findings: &[&Finding]) {
    out.text = text;
    for f in findings {
        *out.applied.entry(f.lint.code).or_default() += 1;
    }
}

/// Returns findings whose edits do not overlap.
fn disjoint<'f>(findings: &[&'f Finding]) -> Vec<&'f Finding> {
    let mut taken: Vec<(usize, usize)> = Vec::new();
    let mut out = Vec::new();
    for f in findings {
        let Some(fix) = &f.fix else { continue };
        let free = |e: &Edit| {
            taken.iter().all(|(s, t)| e.range.end < *s || e.range.start > *t || (e.range.end == *s && e.range.start < e.range.end))
        };
        if fix.edits.iter().all(free) {
            taken.extend(fix.edits.iter().map(|e| (e.range.start, e.range.end)));
            out.push(*f);
        }
    }
    out
}

/// Applies edits to a text.
pub fn apply(text: &str, edits: &[&Edit]) -> Option<String> {
    let mut edits = edits.to_vec();
    edits.sort_by_key(|e| (e.range.start, e.range.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for e in edits {
        out.push_str(text.get(at..e.range.start)?);
        out.push_str(&e.text);
        at = e.range.end;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}

/// Applies the fixes of findings, unless that would change what a rule matches.
fn try_apply(text: &str, findings: &[&Finding]) -> Option<String> {
    let edits: Vec<&Edit> = findings.iter().filter_map(|f| f.fix.as_ref()).flat_map(|f| &f.edits).collect();
    let any = |of: fn(&Fix) -> bool| findings.iter().any(|f| f.fix.as_ref().is_some_and(of));
    let next = apply(text, &edits)?;
    let (changes, rewrites) = (any(|x| x.changes), any(|x| x.rewrites));
    preserves(text, &next, |old, new| changes || same(old, new, rewrites)).then_some(next)
}

/// Whether every document that was valid before is valid after, and equivalent.
fn preserves(before: &str, after: &str, as_good: impl Fn(&Document, &Document) -> bool) -> bool {
    let limits = Limits::default();
    let Ok(old) = from_sigma::parse(before, &limits) else { return true };
    let Ok(new) = from_sigma::parse(after, &limits) else { return false };
    old.documents.len() == new.documents.len()
        && old.documents.iter().zip(&new.documents).all(|(o, n)| match (o, n) {
            (Err(_), _) => true,
            (Ok(_), Err(_)) => false,
            (Ok(o), Ok(n)) => as_good(o, n),
        })
}

/// Whether two rules match the same events. With `rewrites`, duplicate and subsumed alternatives are ignored.
fn same(old: &Document, new: &Document, rewrites: bool) -> bool {
    let none = Placeholders::default();
    let (a, b) = match (old, new) {
        (Document::Rule(o), Document::Rule(n)) => {
            if o.logsource.to_string() != n.logsource.to_string() || o.detection.timeframe != n.detection.timeframe {
                return false;
            }
            (Expr::from_rule(o, &none), Expr::from_rule(n, &none))
        }
        (Document::Filter(o), Document::Filter(n)) => (Expr::from_filter(o, &none), Expr::from_filter(n, &none)),
        (Document::Correlation(o), Document::Correlation(n)) => {
            return o.rules == n.rules && o.group_by == n.group_by && o.timespan == n.timespan && o.condition == n.condition;
        }
        _ => return false,
    };
    match (a, b) {
        (Ok(a), Ok(b)) if rewrites => {
            logic::digest(simplify(logic::without_covered(a))) == logic::digest(simplify(logic::without_covered(b)))
        }
        (Ok(a), Ok(b)) => logic::digest(simplify(a)) == logic::digest(simplify(b)),
        (Err(_), Err(_)) => true,
        _ => false,
    }
}
