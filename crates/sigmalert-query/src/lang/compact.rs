//! Fewer clauses for the same meaning.
//!
//! An index counts every value of a list as a clause and stops at a bound (1,024 by default). Where a query
//! passes it, long lists of patterns on one field are put together to regular expressions, each as long as the
//! index takes. Harder to read, so it is done only where it must be.

use super::Limits;
use super::lucene::regex::Lucene;
use crate::regex::print;
use crate::{Case, Expr, FieldName, Pattern, Re, Test};

/// Joins patterns that share a field and their open ends.
pub fn compact(expr: Expr, limits: &Limits) -> Expr {
    match expr {
        Expr::And(items) => Expr::And(items.into_iter().map(|i| compact(i, limits)).collect()),
        Expr::AtLeast(n, items) => Expr::AtLeast(n, items.into_iter().map(|i| compact(i, limits)).collect()),
        Expr::Not(item) => Expr::Not(Box::new(compact(*item, limits))),
        Expr::Or(items) => {
            let mut groups: Vec<(Key, Vec<Re>)> = Vec::new();
            let mut out = Vec::new();
            for item in items {
                match key(&item) {
                    Some((key, re)) => match groups.iter_mut().find(|(k, _)| *k == key) {
                        Some((_, list)) => list.push(re),
                        None => groups.push((key, vec![re])),
                    },
                    None => out.push(compact(item, limits)),
                }
            }
            for (key, list) in groups {
                out.extend(key.join(list, limits));
            }
            Expr::any(out)
        }
        other => other,
    }
}

/// What patterns must share to be joined.
#[derive(PartialEq)]
struct Key {
    field: FieldName,
    case: Case,
    open_start: bool,
    open_end: bool,
}

/// The key of a pattern or of a regular expression that a pattern became, and what lies between its open ends.
fn key(e: &Expr) -> Option<(Key, Re)> {
    let Expr::Test(Some(field), test) = e else { return None };
    let (re, case) = match test {
        Test::Pattern(p) if !p.is_any() => (Re::from_pattern(&p.clone().with_case(Case::Sensitive)), p.case),
        Test::Regex(re) => (re.clone(), Case::Sensitive),
        _ => return None,
    };
    let mut items = match re {
        Re::Concat(items) => items,
        one => vec![one],
    };
    let open_start = items.first().is_some_and(Re::is_anything);
    if open_start {
        items.remove(0);
    }
    let open_end = items.last().is_some_and(Re::is_anything);
    if open_end {
        items.pop();
    }
    (!items.is_empty()).then(|| (Key { field: field.clone(), case, open_start, open_end }, Re::concat(items)))
}

impl Key {
    fn join(&self, list: Vec<Re>, limits: &Limits) -> Vec<Expr> {
        let length = |re: &Re| print(re, &Lucene { slashes: true }).encode_utf16().count();
        let mut out = Vec::new();
        let mut chunk: Vec<Re> = Vec::new();
        // `.*(` before and `).*` behind.
        let frame = 8;
        let mut used = frame;
        for re in list {
            let len = length(&re) + 1;
            if used + len > limits.regex_length && !chunk.is_empty() {
                out.push(self.one(std::mem::take(&mut chunk)));
                used = frame;
            }
            used += len;
            chunk.push(re);
        }
        if !chunk.is_empty() {
            out.push(self.one(chunk));
        }
        out
    }

    fn one(&self, chunk: Vec<Re>) -> Expr {
        let inner = Re::alt(chunk);
        let mut items = vec![inner];
        if self.open_start {
            items.insert(0, Re::anything());
        }
        if self.open_end {
            items.push(Re::anything());
        }
        let mut re = Re::concat(items);
        if let Some(p) = re.to_pattern() {
            return Expr::test(self.field.clone(), Test::Pattern(Pattern::new(p.parts().to_vec(), self.case)));
        }
        if self.case == Case::Insensitive {
            re = re.map_chars(&mut |s| Re::set(s.case_folded()));
        }
        Expr::test(self.field.clone(), Test::Regex(re))
    }
}
