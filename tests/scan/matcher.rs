//! The matcher agrees with a naive evaluator of the expressions, and with a real index.

use crate::support::{generate, naive, opensearch};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use sigmalert::lang::{Limits, dsl};
use sigmalert::matcher::{Matcher, Scratch};
use sigmalert::query::lower::{CaseMode, lower};
use sigmalert::query::{Case, Expr, Pattern, Test, simplify};
use std::collections::BTreeSet;

fn runner() -> TestRunner {
    TestRunner::new(crate::support::seed::config(256))
}

fn generated(runner: &mut TestRunner, with_text: bool, count: usize) -> Vec<Expr> {
    let strategy = generate::expr(with_text);
    (0..count).map(|_| strategy.new_tree(runner).unwrap().current()).collect()
}

/// Returns the indices of the expressions that match each document.
fn found(matcher: &Matcher, docs: &[Value]) -> Vec<Vec<usize>> {
    let mut scratch = Scratch::default();
    docs.iter().map(|d| matcher.matches(d.to_string().as_bytes(), &mut scratch).unwrap().to_vec()).collect()
}

#[test]
fn as_the_expressions_say() {
    let mut runner = runner();
    let docs = generate::documents(&mut runner, 120);
    let exprs = generated(&mut runner, false, 600);
    // All in one matcher, so that they share predicates; simplified and unchanged.
    let simple: Vec<Expr> = exprs.iter().cloned().map(simplify).collect();
    for exprs in [&exprs, &simple] {
        let matcher = Matcher::new(exprs.iter(), None);
        for (doc, found) in docs.iter().zip(found(&matcher, &docs)) {
            let want: Vec<usize> = (0..exprs.len()).filter(|i| naive::holds(&exprs[*i], doc)).collect();
            if found != want {
                let odd = (0..exprs.len()).find(|i| found.contains(i) != want.contains(i)).unwrap();
                panic!("{}: {doc}\n{}", if want.contains(&odd) { "missed" } else { "too many" }, exprs[odd]);
            }
        }
    }
}

/// Keyword searches cover every value of every field at any depth.
#[test]
fn in_all_fields() {
    let mut runner = runner();
    let docs: Vec<Value> = generate::documents(&mut runner, 50).into_iter().map(|d| json!({"deep": {"er": [d]}})).collect();
    let patterns = generate::pattern();
    let exprs: Vec<Expr> = (0..200).map(|_| Expr::keyword(Test::Pattern(patterns.new_tree(&mut runner).unwrap().current()))).collect();
    let matcher = Matcher::new(exprs.iter(), None);
    for (doc, found) in docs.iter().zip(found(&matcher, &docs)) {
        let want: Vec<usize> = (0..exprs.len()).filter(|i| naive::holds(&exprs[*i], doc)).collect();
        assert_eq!(found, want, "{doc}");
    }
}

#[test]
fn documents_of_every_form() {
    let like = |field: &str, text: &str| Expr::test(field, Test::Pattern(Pattern::literal(text, Case::Insensitive)));
    let exprs = [
        like("a.b.c", "x"),
        like("a", "é\n\"\\😀"),
        Expr::exists("a.b"),
        Expr::exists("n"),
        like("n", "1.50"),
        Expr::test("n", Test::Number(sigmalert::query::Interval::point(sigmalert::query::Number::parse("1.5").unwrap()))),
    ];
    let matcher = Matcher::new(exprs.iter(), None);
    let mut scratch = Scratch::default();
    for (doc, want) in [
        (r#"{"a":{"b":{"c":"X"}}}"#, &[0, 2][..]),
        (r#"{"a.b":{"c":"X"}}"#, &[0, 2]),
        (r#"{"a":{"b.c":["y","X"]}}"#, &[0]),
        (r#"{"a.b.c":"x"}"#, &[0]),
        (r#" { "a" : [ { "b" : { "c" : "x" } } , 5 ] } "#, &[0, 2]),
        (r#"{"a":"\u00c9\n\"\\\ud83d\ude00"}"#, &[1]),
        ("{\"\\u0061\":\"É\\n\\\"\\\\😀\"}", &[1]),
        (r#"{"a":{"b":null}}"#, &[]),
        (r#"{"a":{"b":[]}}"#, &[]),
        (r#"{"a":{"b":[null,false]}}"#, &[2]),
        (r#"{"n":1.50}"#, &[3, 4, 5]),
        (r#"{"n":"1.5"}"#, &[3, 5]),
        (r#"{"n":{}}"#, &[3]),
        ("{}", &[]),
    ] {
        assert_eq!(matcher.matches(doc.as_bytes(), &mut scratch).unwrap(), want, "{doc}");
        assert_eq!(matcher.duplicate_key(&scratch), None, "{doc}");
    }
    matcher.matches(br#"{"a":"x","n":1,"n":2}"#, &mut scratch).unwrap();
    assert_eq!(matcher.duplicate_key(&scratch), Some("n"));
    let deep = |n: usize| format!("{}{}", r#"{"a":"#.repeat(n), "1".to_owned() + &"}".repeat(n));
    for (doc, message) in [
        ("", "the document is not a JSON object at byte 1"),
        ("[1]", "the document is not a JSON object at byte 1"),
        (r#"{"a":1} x"#, "unexpected text after the document at byte 9"),
        (r#"{"a":1"#, "expected `,` or `}` at byte 7"),
        (r#"{"a" 1}"#, "expected `:` after the key at byte 6"),
        (r#"{"a":"x"#, "unterminated string at byte 8"),
        (r#"{"a":"\x"}"#, "invalid escape sequence at byte 8"),
        (r#"{"a":"\u12"}"#, "invalid escape sequence at byte 8"),
        (r#"{"a":tru}"#, "expected a value at byte 6"),
        (r#"{"a":[1 2]}"#, "expected `,` or `]` at byte 9"),
        (deep(1000).as_str(), "the document is nested more than 128 levels deep at byte 646"),
    ] {
        assert_eq!(matcher.matches(doc.as_bytes(), &mut scratch).unwrap_err().to_string(), message, "{doc:.60}");
    }
    assert_eq!(matcher.matches(b"{\"a\":\"\xff\"}", &mut scratch).unwrap_err().to_string(), "the document is not valid UTF-8 at byte 7");
    // An error leaves no state behind.
    assert_eq!(matcher.matches(br#"{"a.b.c":"x"}"#, &mut scratch).unwrap(), [0]);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0usize..100) {
        let exprs = [Expr::exists("a.b"), Expr::keyword(Test::Pattern(Pattern::containing("x", Case::Insensitive)))];
        let matcher = Matcher::new(exprs.iter(), None);
        let mut scratch = Scratch::default();
        _ = matcher.matches(&bytes, &mut scratch);
        let whole = br#"{"a":{"b":["x\u00e9\ud83d\ude00",1.5e3,true,null,{"c":"\\"}]},"d":"y"}"#;
        _ = matcher.matches(&whole[..cut.min(whole.len())], &mut scratch);
    }
}

/// The reasons of a match are tests that hold. The reason of a miss is a test that fails.
#[test]
fn reasons() {
    let mut runner = runner();
    let docs = generate::documents(&mut runner, 25);
    let exprs = generated(&mut runner, false, 100);
    let matcher = Matcher::new(exprs.iter(), None);
    let mut scratch = Scratch::default();
    for doc in &docs {
        for (i, e) in exprs.iter().enumerate() {
            let verdict = matcher.explain(i, e, doc.to_string().as_bytes(), &mut scratch).unwrap();
            assert_eq!(verdict.holds, naive::holds(e, doc));
            for r in &verdict.reasons {
                assert!(!r.test.is_empty());
            }
        }
    }
    let like = |field: &str, text: &str| Expr::test(field, Test::Pattern(Pattern::containing(text, Case::Insensitive)));
    let e = Expr::And(vec![like("a", "x"), Expr::Or(vec![like("b", "y"), like("c", "z")]), like("d", "w").not()]);
    let matcher = Matcher::new([&e], None);
    let mut said = |doc: &str| {
        let verdict = matcher.explain(0, &e, doc.as_bytes(), &mut scratch).unwrap();
        verdict
            .reasons
            .iter()
            .map(|r| format!("{}{} [{}]", if r.negated { "not " } else { "" }, r.test, r.value.as_deref().unwrap_or("-")))
            .collect::<Vec<_>>()
    };
    assert_eq!(said(r#"{"a":"1x1","c":"ZZ"}"#), ["like '*x*' [1x1]", "like '*z*' [ZZ]", "not like '*w*' [-]"]);
    assert_eq!(said(r#"{"a":"1x1","c":"A"}"#), ["like '*y*' [-]", "like '*z*' [A]"]);
    assert_eq!(said(r#"{"a":"1x1","c":"Z","d":"ww"}"#), ["not like '*w*' [ww]"]);
}

/// With the index's semantics the matcher agrees with a real index on fields of every type, including analyzed text.
#[test]
fn as_a_real_index_does() {
    let Some(cluster) = opensearch::connect("as_a_real_index_does") else { return };
    let mut runner = runner();
    let text = generate::text();
    let docs: Vec<Value> = generate::documents(&mut runner, 300)
        .into_iter()
        .map(|mut d| {
            for field in ["t", "p"] {
                let words: Vec<String> = (0..3).map(|_| text.new_tree(&mut runner).unwrap().current()).collect();
                d[field] = words.join(" ").into();
            }
            d
        })
        .collect();
    let schema = generate::schema();
    let limits = Limits::default();
    let mut exprs = Vec::new();
    let mut queries = Vec::new();
    for e in generated(&mut runner, true, 1500) {
        for mode in [CaseMode::Native, CaseMode::Index] {
            let Ok(lowered) = lower(&e, &schema, mode) else { continue };
            let lowered = simplify(lowered.expr);
            let mut fine = true;
            // The `wildcard` type of this server is broken in ways of its own (docs/reference/queries.md).
            lowered.for_each_test(&mut |f, _| fine &= f.is_none_or(|f| &**f != "w"));
            if let (true, Ok(query)) = (fine, dsl::print(&lowered, &limits)) {
                exprs.push(lowered);
                queries.push(query);
            }
        }
    }
    assert!(exprs.len() > 1000, "{}", exprs.len());
    let index = cluster.index(&generate::properties(), &docs);
    let matcher = Matcher::new(exprs.iter(), Some(&schema));
    let by_document = found(&matcher, &docs);
    for (i, chunk) in queries.chunks(200).enumerate() {
        for (j, got) in index.search_all(chunk).into_iter().enumerate() {
            let at = i * 200 + j;
            let got = got.unwrap_or_else(|e| panic!("{e}: {}", queries[at]));
            let ours: BTreeSet<usize> = (0..docs.len()).filter(|d| by_document[*d].contains(&at)).collect();
            if got != ours {
                let odd = got.symmetric_difference(&ours).next().unwrap();
                panic!(
                    "the index {} {}\n{}\n{}",
                    if got.contains(odd) { "finds" } else { "does not find" },
                    docs[*odd],
                    exprs[at],
                    queries[at]
                );
            }
        }
    }
}
