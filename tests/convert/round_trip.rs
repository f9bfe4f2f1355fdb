//! What we print, we read back as the same: for Lucene, KQL and Query DSL, on fields of every type.

use crate::support::generate;
use proptest::prelude::*;
use sigmalert::lang::{Limits, dsl, kql, lucene};
use sigmalert::query::lower::{CaseMode, lower};
use sigmalert::query::{Expr, simplify};

/// The expression as an index runs it; `None` where a field of its type has no such test.
fn lowered(e: &Expr, mode: CaseMode) -> Option<Expr> {
    lower(e, &generate::schema(), mode).ok().map(|l| simplify(l.expr))
}

/// `n of` is written out by the text languages.
fn expanded(e: &Expr) -> Expr {
    match e {
        Expr::And(items) => Expr::And(items.iter().map(expanded).collect()),
        Expr::Or(items) => Expr::Or(items.iter().map(expanded).collect()),
        Expr::Not(item) => Expr::Not(Box::new(expanded(item))),
        Expr::AtLeast(n, items) => {
            let n = *n as usize;
            let items: Vec<Expr> = items.iter().map(expanded).collect();
            let mut all = Vec::new();
            for mask in 0u32..1 << items.len() {
                if mask.count_ones() as usize == n {
                    all.push((
                        mask.reverse_bits(),
                        Expr::And((0..items.len()).filter(|i| mask >> i & 1 == 1).map(|i| items[i].clone()).collect()),
                    ));
                }
            }
            all.sort_by_key(|(order, _)| std::cmp::Reverse(*order));
            Expr::Or(all.into_iter().map(|(_, e)| e).collect())
        }
        e => e.clone(),
    }
}

proptest! {
    #![proptest_config(crate::support::seed::config(1500))]

    #[test]
    fn lucene_reads_what_it_prints(e in generate::expr(true), regex in any::<bool>()) {
        let Some(e) = lowered(&e, if regex { CaseMode::Regex } else { CaseMode::Index }) else { return Ok(()) };
        let Ok(text) = lucene::print(&e, &Limits::default()) else { return Ok(()) };
        let read = lucene::parse(&text, &generate::schema()).map_err(|e| TestCaseError::fail(format!("{e}: {text}")))?;
        prop_assert_eq!(simplify(read), simplify(expanded(&e)), "{}", text);
    }

    #[test]
    fn kql_reads_what_it_prints(e in generate::expr(true)) {
        let Some(e) = lowered(&e, CaseMode::Index) else { return Ok(()) };
        let Ok(text) = kql::print(&e, &Limits::default()) else { return Ok(()) };
        let read = kql::parse(&text, &generate::schema()).map_err(|e| TestCaseError::fail(format!("{e}: {text}")))?;
        prop_assert_eq!(simplify(read), simplify(expanded(&e)), "{}", text);
    }

    #[test]
    fn dsl_reads_what_it_prints(e in generate::expr(true)) {
        let Some(e) = lowered(&e, CaseMode::Native) else { return Ok(()) };
        let Ok(json) = dsl::print(&e, &Limits::default()) else { return Ok(()) };
        let read = dsl::parse(&json, &generate::schema()).map_err(|e| TestCaseError::fail(format!("{e}: {json}")))?;
        prop_assert_eq!(normal(simplify(read)), normal(simplify(e)), "{}", json);
    }
}

/// DSL keeps what is forbidden apart from what is asked for, so the order of an `and` may change.
fn normal(e: Expr) -> Expr {
    match e {
        Expr::And(items) => {
            let mut items: Vec<Expr> = items.into_iter().map(normal).collect();
            items.sort();
            Expr::And(items)
        }
        Expr::Or(items) => Expr::Or(items.into_iter().map(normal).collect()),
        Expr::AtLeast(n, items) => Expr::AtLeast(n, items.into_iter().map(normal).collect()),
        Expr::Not(item) => Expr::Not(Box::new(normal(*item))),
        e => e,
    }
}
