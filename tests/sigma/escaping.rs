//! Backslashes and wildcards in values: every row of the specification's table, read, printed in each language and,
//! where there is a server, searched for.

use crate::support::convert::expr_of;
use crate::support::{naive, opensearch};
use serde_json::{Value, json};
use sigmalert::lang::{Limits, dsl, kql, lucene};
use sigmalert::query::from_sigma::pattern;
use sigmalert::query::{Case, Expr, FieldType, Part, Schema, Test};
use std::collections::BTreeSet;

/// What is written in a rule (after YAML), and what it means: `Lit`, `*` for any run, `?` for any one.
const TABLE: &[(&str, &[Piece])] = &[
    (r"a\b", &[Lit(r"a\b")]),
    (r"a\\b", &[Lit(r"a\b")]),
    (r"a\\\b", &[Lit(r"a\\b")]),
    (r"a\\\\b", &[Lit(r"a\\b")]),
    (r"a\", &[Lit(r"a\")]),
    (r"a\\", &[Lit(r"a\")]),
    (r"a\\\", &[Lit(r"a\\")]),
    (r"\\srv", &[Lit(r"\srv")]),
    (r"\*", &[Lit("*")]),
    (r"\?", &[Lit("?")]),
    (r"\\*", &[Lit(r"\"), Run]),
    (r"\\?", &[Lit(r"\"), One]),
    (r"\\\*", &[Lit(r"\*")]),
    (r"\\\\*", &[Lit(r"\\"), Run]),
    (r"\\\\\*", &[Lit(r"\\*")]),
    (r"\\\\srv", &[Lit(r"\\srv")]),
    // Beyond the table: what its rules say of the rest.
    ("", &[]),
    ("*", &[Run]),
    ("?", &[One]),
    ("a*b?c", &[Lit("a"), Run, Lit("b"), One, Lit("c")]),
    (r"\\\?", &[Lit(r"\?")]),
    (r"\\\\?", &[Lit(r"\\"), One]),
    (r"C:\Windows\*", &[Lit(r"C:\Windows*")]),
    (r"C:\Windows\\*", &[Lit(r"C:\Windows\"), Run]),
    ("%x%", &[Lit("%x%")]),
];

use Piece::{Lit, One, Run};

#[derive(Clone, Copy)]
enum Piece {
    Lit(&'static str),
    Run,
    One,
}

fn parts(pieces: &[Piece]) -> Vec<Part> {
    pieces
        .iter()
        .map(|p| match p {
            Lit(t) => Part::Lit((*t).to_owned()),
            Run => Part::Any,
            One => Part::One,
        })
        .collect()
}

#[test]
fn every_row_is_read_as_the_table_says() {
    for (written, means) in TABLE {
        assert_eq!(pattern(written, Case::Sensitive).parts(), parts(means), "{written}");
    }
}

/// Wildcards of modifiers are added to what was read, never glued to the text.
#[test]
fn added_wildcards_stay_wildcards() {
    for (item, means) in [
        (r"f|contains: 'a\'", r"f like '*a\\*'"),
        (r"f|startswith: 'a\'", r"f like 'a\\*'"),
        (r"f|endswith: '\a'", r"f like '*\a'"),
        (r"f|contains: '*a'", "f like '*a*'"),
        (r"f|contains: '\*a'", r"f like '*\*a*'"),
        (r"f|contains: '*'", "f like '*'"),
        (r"f: '*'", "f like '*'"),
        (r"f|startswith: ''", "f like '*'"),
    ] {
        assert_eq!(expr_of(item).unwrap(), means, "{item}");
    }
}

#[test]
fn every_row_survives_every_language() {
    let schema = Schema::default().with("k", FieldType::Keyword);
    let limits = Limits::default();
    for (written, _) in TABLE {
        let e = Expr::test("k", Test::Pattern(pattern(written, Case::Sensitive)));
        let e = sigmalert::query::simplify(e);
        assert_eq!(lucene::parse(&lucene::print(&e, &limits).unwrap(), &schema).unwrap(), e, "{written}");
        assert_eq!(dsl::parse(&dsl::print(&e, &limits).unwrap(), &schema).unwrap(), e, "{written}");
        match kql::print(&e, &limits) {
            Ok(text) => assert_eq!(kql::parse(&text, &schema).unwrap(), e, "{written}"),
            Err(error) => assert!(written.contains('?'), "{written}: {error}"),
        }
    }
}

#[test]
fn every_row_finds_its_values() {
    let Some(cluster) = opensearch::connect("every_row_finds_its_values") else { return };
    // The values that the rows mean, with a little more around them.
    let mut values: BTreeSet<String> = BTreeSet::new();
    for (_, means) in TABLE {
        for fill in ["", "x", r"\", "*", "xy"] {
            let text: String = means.iter().map(|p| if let Lit(t) = p { *t } else { fill }).collect();
            for v in [text.clone(), format!("x{text}"), format!("{text}x"), text.replace('\\', "/")] {
                values.insert(v);
            }
        }
    }
    let docs: Vec<Value> = values.iter().map(|v| json!({ "k": v })).collect();
    let index = cluster.index(&json!({"k": {"type": "keyword"}}), &docs);
    for (written, _) in TABLE {
        let e = Expr::test("k", Test::Pattern(pattern(written, Case::Sensitive)));
        let want: BTreeSet<usize> = (0..docs.len()).filter(|i| naive::holds(&e, &docs[*i])).collect();
        assert!(!want.is_empty());
        let e = sigmalert::query::simplify(e);
        let text = lucene::print(&e, &Limits::default()).unwrap();
        assert_eq!(index.query_string(&text).unwrap(), want, "{written} as {text}");
        assert_eq!(index.search(&dsl::print(&e, &Limits::default()).unwrap()).unwrap(), want, "{written}");
    }
}
