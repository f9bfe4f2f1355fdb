//! Every special character and word, wherever it stands in a value or a field name, finds itself and nothing else:
//! the escaping tables of `query_string`, one cell after the other, on a real index.

use crate::support::{naive, opensearch};
use serde_json::{Value, json};
use sigmalert::lang::{Limits, dsl, lucene};
use sigmalert::query::{Case, Expr, Pattern, Schema, Test};
use std::collections::BTreeSet;

const WORDS: &[&str] = &[
    "AND", "OR", "NOT", "TO", "and", "or", "not", "to", "&&", "||", "null", "true", ">=5", "<5", "[1 TO 5]", "_exists_", "\\u0041", "a~2",
    "a^2", "//", "/a/", "\\", "\\\\", "* ", "-a", "+a",
];

fn specials() -> Vec<String> {
    let ascii = (0x20u8..0x7f).map(char::from).filter(|c| !c.is_ascii_alphanumeric());
    let spaces = ['\t', '\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{a0}', '\u{2003}', '\u{2028}', '\u{3000}', '\u{feff}'];
    ascii.chain(spaces).map(String::from).chain(WORDS.iter().map(|w| (*w).to_owned())).collect()
}

/// Alone, at the start, in the middle, at the end, doubled, and beside a blank.
fn values(special: &str) -> [String; 6] {
    let s = special;
    [s.to_owned(), format!("{s}x"), format!("x{s}y"), format!("x{s}"), format!("{s}{s}"), format!("x {s} y")]
}

fn patterns(value: &str) -> [Pattern; 5] {
    let p = Pattern::literal(value, Case::Sensitive);
    [p.clone(), p.clone().open_start(), p.clone().open_end(), p.clone().open_start().open_end(), {
        // In the middle of a pattern.
        let mut q = Pattern::literal("", Case::Sensitive).open_start();
        p.parts().iter().for_each(|part| q.push(part.clone()));
        q.push(sigmalert::query::Part::One);
        q
    }]
}

#[test]
fn in_values_as_printed_and_read() {
    let schema = Schema::default();
    for special in specials() {
        for value in values(&special) {
            for p in patterns(&value) {
                let e = sigmalert::query::simplify(Expr::test("k", Test::Pattern(p)));
                let text = lucene::print(&e, &Limits::default()).unwrap();
                assert_eq!(lucene::parse(&text, &schema).as_ref(), Ok(&e), "{text}");
            }
        }
    }
}

#[test]
fn in_values_on_an_index() {
    let Some(cluster) = opensearch::connect("in_values_on_an_index") else { return };
    let all: BTreeSet<String> = specials().iter().flat_map(|s| values(s)).collect();
    let docs: Vec<Value> = all.iter().map(|v| json!({ "k": v })).collect();
    let index = cluster.index(&json!({"k": {"type": "keyword"}}), &docs);
    for special in specials() {
        let mut queries = Vec::new();
        let mut wanted = Vec::new();
        for value in values(&special) {
            for p in patterns(&value) {
                let e = sigmalert::query::simplify(Expr::test("k", Test::Pattern(p)));
                let want: BTreeSet<usize> = (0..docs.len()).filter(|i| naive::holds(&e, &docs[*i])).collect();
                let text = lucene::print(&e, &Limits::default()).unwrap();
                queries.push(json!({"query_string": {"query": text}}));
                wanted.push(want.clone());
                queries.push(dsl::print(&e, &Limits::default()).unwrap());
                wanted.push(want);
            }
        }
        for ((query, want), got) in queries.iter().zip(wanted).zip(index.search_all(&queries)) {
            assert_eq!(got.as_ref(), Ok(&want), "{query}");
        }
    }
}

#[test]
fn in_field_names_on_an_index() {
    let Some(cluster) = opensearch::connect("in_field_names_on_an_index") else { return };
    // What an index takes as part of a name. Backslashes aside: the server takes `x\\y` for two fields at once.
    let names: Vec<String> = specials()
        .iter()
        .filter(|s| !s.contains(['.', '*', '\\']) && !s.trim().is_empty())
        .map(|s| format!("x{s}y"))
        .filter(|n| !n.contains(char::is_control))
        .chain(["AND", "OR", "NOT", "TO", "and", "or", "not"].map(str::to_owned))
        .collect();
    let properties: serde_json::Map<String, Value> = names.iter().map(|n| (n.clone(), json!({"type": "keyword"}))).collect();
    let docs: Vec<Value> = names.iter().map(|n| json!({ n.as_str(): "v" })).collect();
    let index = cluster.index(&Value::Object(properties), &docs);
    for (i, name) in names.iter().enumerate() {
        let e = Expr::test(name.as_str(), Test::Pattern(Pattern::literal("v", Case::Sensitive)));
        let text = lucene::print(&e, &Limits::default()).unwrap();
        assert_eq!(index.query_string(&text), Ok([i].into()), "{text}");
        let e = Expr::exists(name.as_str());
        let text = lucene::print(&e, &Limits::default()).unwrap();
        assert_eq!(index.query_string(&text), Ok([i].into()), "{text}");
    }
}
