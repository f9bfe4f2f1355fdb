//! A printed query finds on a real index just the documents for which the expression holds: Lucene, KQL (by
//! our reader, as Query DSL) and Query DSL, for generated expressions over fields of every type.

use crate::support::opensearch::{self, Index};
use crate::support::{generate, naive};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use sigmalert::lang::{Limits, dsl, kql, lucene};
use sigmalert::query::lower::{CaseMode, lower};
use sigmalert::query::{Case, Expr, Part, Test, simplify};
use std::collections::BTreeSet;

/// What the `wildcard` field type of OpenSearch gets right. (Elasticsearch's has none of these faults.)
/// `query_string` searches the n-grams instead of the value, in 2.19 as in 3.8. In Query DSL, 2.19 mishandles
/// every escape, an empty value is never found, regular expressions fail on escaped characters, and letters
/// outside ASCII compare half without regard to case.
fn opensearch_can(e: &Expr, major: u32, query_string: bool) -> bool {
    let mut fine = true;
    e.for_each_test(&mut |field, test| {
        if field.is_none_or(|f| &**f != "w") {
            return;
        }
        fine &= match test {
            Test::Exists => true,
            Test::Pattern(p) => match p.as_literal() {
                Some(t) => !t.is_empty() && !t.contains(['*', '?']) && (p.case == Case::Sensitive || t.is_ascii()),
                None => {
                    !query_string
                        && p.literals().all(|t| t.is_ascii() || p.case == Case::Sensitive)
                        && (major > 2 || p.literals().all(|t| !t.contains(['\\', '*', '?'])))
                        // A lone `?` finds every value in 2.19 and none in 3.8.
                        && p.parts().iter().any(|p| matches!(p, Part::Lit(_)))
                }
            },
            _ => false,
        };
    });
    fine
}

/// The expression with every comparison minding letter case, as an index does it.
fn cased(e: &Expr) -> Expr {
    e.try_map_tests(&mut |f, t| {
        let test = match t {
            Test::Pattern(p) => Test::Pattern(p.clone().with_case(Case::Sensitive)),
            Test::Bool(b) if f.is_some_and(|f| matches!(&**f, "k" | "k2" | "w" | "with space")) => {
                Test::Pattern(sigmalert::query::Pattern::literal(b.to_string(), Case::Sensitive))
            }
            t => t.clone(),
        };
        Ok::<_, ()>(Expr::Test(f.cloned(), test))
    })
    .unwrap()
}

fn find(docs: &[Value], e: &Expr) -> BTreeSet<usize> {
    (0..docs.len()).filter(|i| naive::holds(e, &docs[*i])).collect()
}

fn check(index: &Index<'_>, docs: &[Value], major: u32, e: &Expr) -> Result<(), TestCaseError> {
    let schema = generate::schema();
    let limits = Limits::default();
    let mut queries = Vec::new();
    if let Ok(l) = lower(e, &schema, CaseMode::Native) {
        let l = simplify(l.expr);
        if opensearch_can(&l, major, false) {
            queries.push((dsl::print(&l, &limits).unwrap(), find(docs, e)));
        }
    }
    if let Ok(l) = lower(e, &schema, CaseMode::Regex) {
        let l = simplify(l.expr);
        if let (true, Ok(text)) = (opensearch_can(&l, major, true), lucene::print(&l, &limits)) {
            queries.push((json!({"query_string": {"query": text}}), find(docs, e)));
        }
    }
    if let Ok(l) = lower(e, &schema, CaseMode::Index) {
        let l = simplify(l.expr);
        let want = find(docs, &cased(e));
        if let (true, Ok(text)) = (opensearch_can(&l, major, true), lucene::print(&l, &limits)) {
            queries.push((json!({"query_string": {"query": text}}), want.clone()));
        }
        if let (true, Ok(text)) = (opensearch_can(&l, major, false), kql::print(&l, &limits)) {
            let read = kql::parse(&text, &schema).unwrap();
            queries.push((dsl::print(&simplify(read), &limits).unwrap(), want));
        }
    }
    let bodies: Vec<Value> = queries.iter().map(|(q, _)| q.clone()).collect();
    if bodies.is_empty() {
        return Ok(());
    }
    for ((query, want), got) in queries.iter().zip(index.search_all(&bodies)) {
        let got = got.map_err(|e| TestCaseError::fail(format!("the index refuses {query}: {e}")))?;
        if got != *want {
            let show = |set: Vec<&usize>| set.into_iter().take(3).map(|i| docs[*i].to_string()).collect::<Vec<_>>().join("\n  ");
            return Err(TestCaseError::fail(format!(
                "{query}\nmissed:\n  {}\ntoo many:\n  {}",
                show(want.difference(&got).collect()),
                show(got.difference(want).collect())
            )));
        }
    }
    Ok(())
}

#[test]
fn generated_expressions_find_what_they_say() {
    let Some(cluster) = opensearch::connect("generated_expressions_find_what_they_say") else { return };
    let mut runner = TestRunner::new(crate::support::seed::config(800));
    let docs = generate::documents(&mut runner, 300);
    let index = cluster.index(&generate::properties(), &docs);
    let major = cluster.major();
    runner.run(&generate::expr(false), |e| check(&index, &docs, major, &e)).unwrap();
}

/// On analyzed text the query may find more, never less.
#[test]
fn queries_on_analysed_text_miss_nothing() {
    let Some(cluster) = opensearch::connect("queries_on_analysed_text_miss_nothing") else { return };
    let mut runner = TestRunner::new(crate::support::seed::config(600));
    let word = prop::sample::select(
        &[
            "foo",
            "Bar",
            "cmd.exe",
            "Get-ADUser",
            "-Filter",
            "a_b",
            "it's",
            "1,5",
            "x:y",
            "C:\\Windows\\",
            "é",
            "日本",
            " ",
            " ",
            " ",
            "/",
            "(",
            "\"",
            "$",
            ".",
            "'",
            "-",
            "e",
            "t",
        ][..],
    );
    let line = prop::collection::vec(word, 0..6).prop_map(|v| v.concat());
    let docs: Vec<Value> = (0..200)
        .map(|_| {
            let t = line.new_tree(&mut runner).unwrap().current();
            json!({"t": t, "p": t})
        })
        .collect();
    let index = cluster.index(&generate::properties(), &docs);
    let schema = generate::schema();
    let pattern = (line, any::<bool>(), any::<bool>(), prop::sample::select(&["t", "p"][..])).prop_map(|(t, a, b, f)| {
        let mut p = sigmalert::query::Pattern::literal(t, Case::Insensitive);
        if a {
            p = p.open_start();
        }
        if b {
            p = p.open_end();
        }
        Expr::test(f, Test::Pattern(p))
    });
    runner
        .run(&pattern, |e| {
            let Ok(l) = lower(&e, &schema, CaseMode::Index) else { return Ok(()) };
            let l = simplify(l.expr);
            let limits = Limits::default();
            let text = lucene::print(&l, &limits).unwrap();
            let json = dsl::print(&l, &limits).unwrap();
            let want = find(&docs, &e);
            let answers = index.search_all(&[json!({"query_string": {"query": text}}), json]);
            for got in &answers {
                let got = got.as_ref().map_err(|e| TestCaseError::fail(format!("refused: {text}: {e}")))?;
                let missed: Vec<&Value> = want.difference(got).map(|i| &docs[*i]).collect();
                prop_assert!(missed.is_empty(), "{} misses {:?}", text, missed);
            }
            prop_assert_eq!(&answers[0], &answers[1], "{}", text);
            Ok(())
        })
        .unwrap();
}
