//! Conditions: precedence, quantifiers, name patterns, lists, and what is wrong with them.

use sigmalert::parse;
use sigmalert::query::Expr;
use sigmalert::sigma::Document;
use std::fmt::Write as _;

fn rule(condition: &str) -> String {
    format!(
        "title: t\nlogsource: {{product: test}}\ndetection:\n  a: {{f: a}}\n  b: {{f: b}}\n  c: {{f: c}}\n  sel_x: {{f: x}}\n  sel_y: {{f: y}}\n  \
         sel_z: {{f: z}}\n  _hidden: {{f: hidden}}\n  words: [one, two]\n  condition: {condition}\n"
    )
}

fn meaning(condition: &str) -> Result<String, sigmalert::sigma::Error> {
    match parse(&rule(condition), &Default::default())?.documents.remove(0)? {
        Document::Rule(r) => Ok(Expr::from_rule(&r, &Default::default())?.to_string()),
        _ => unreachable!("it has a detection"),
    }
}

#[test]
fn meanings() {
    let mut out = String::new();
    for condition in [
        "a",
        "not a",
        "not not a",
        "a and b",
        "a or b and c",
        "(a or b) and c",
        "not a and b",
        "not (a and b)",
        "a and not b or not c",
        "a AND NOT b OR c",
        "1 of sel_*",
        "any of sel_*",
        "all of sel_*",
        "2 of sel_*",
        "1 of sel_x",
        "not 1 of sel_*",
        "1 of *_y",
        "all of s*_*",
        "1 of _*",
        "1 of them",
        "((((a))))",
        "[a, b]",
        "\"a\\n  and\\n  b\"",
        "words",
        "all of words",
    ] {
        _ = writeln!(out, "{condition}\n    {}", meaning(condition).unwrap_or_else(|e| panic!("{condition}: {e}")).replace('\n', "\n    "));
    }
    insta::assert_snapshot!(out);
}

#[test]
fn mistakes() {
    let mut out = String::new();
    for condition in [
        "''",
        "a and",
        "and a",
        "a b",
        "(a",
        "a)",
        "not",
        "missing",
        "1 of nothing*",
        "1 of",
        "0 of sel_*",
        "4 of sel_*",
        "all sel_*",
        "a & b",
        "a | count(",
        "a | sum() > 1",
        "a | median(x) > 1",
        "a | count() by",
        "a | count() => 1",
        "a | near",
        "[]",
        "5",
        "{a: b}",
    ] {
        match meaning(condition) {
            Ok(m) => panic!("`{condition}` is taken for {m}"),
            Err(e) => {
                _ = writeln!(out, "{condition}\n    {e}");
                if let Some(h) = e.help {
                    _ = writeln!(out, "    help: {h}");
                }
            }
        }
    }
    insta::assert_snapshot!(out);
}
