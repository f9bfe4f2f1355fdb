//! Generated expressions and documents over an index that has a field of each type.
//!
//! Values come from a small alphabet full of trouble, so that expressions and documents meet.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use sigmalert::query::text::Analyzer;
use sigmalert::query::{
    Case, Comparison, Expr, FieldRelation, FieldTest, FieldType, Interval, Number, Part, Pattern, Re, Schema, Test, TimePart,
};

/// The fields of the generated index.
pub fn schema() -> Schema {
    Schema::default()
        .with("k", FieldType::Keyword)
        .with("k2", FieldType::Keyword)
        .with("with space", FieldType::Keyword)
        .with("w", FieldType::Wildcard)
        .with("t", FieldType::Text(Analyzer::Standard))
        .with("p", FieldType::Text(Analyzer::Characters("_-".into())))
        .with("i", FieldType::Ip)
        .with("n", FieldType::Long)
        .with("f", FieldType::Double)
        .with("b", FieldType::Boolean)
        .with("d", FieldType::Date)
}

/// The same as an index mapping.
pub fn properties() -> Value {
    json!({
        "k": {"type": "keyword"}, "k2": {"type": "keyword"}, "with space": {"type": "keyword"}, "w": {"type": "wildcard"},
        "t": {"type": "text"}, "p": {"type": "text", "analyzer": "ps"},
        "i": {"type": "ip"}, "n": {"type": "long"}, "f": {"type": "double"}, "b": {"type": "boolean"}, "d": {"type": "date"},
    })
}

const PIECES: &[&str] = &[
    "a", "A", "b", "B", "a", "b", "é", "É", "ß", "\\", "\\", "*", "?", " ", "\"", "/", ":", "-", "+", "(", ")", "[", "]", "{", "}", "&",
    "&&", "|", "<", ">", "=", "~", "^", "!", "#", "@", "%", "$", "'", "`", ".", ",", ";", "_", "0", "1", "\t", "\n", "\u{3000}", "\u{a0}",
    "日", "😀", "AND", " or ", "NOT ", " and ", "not ", "TO", "null", "true", "\\u0041", "x{2}",
];

/// Text of a few pieces.
pub fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..5).prop_map(|v| v.concat())
}

pub fn case() -> impl Strategy<Value = Case> {
    prop_oneof![2 => Just(Case::Insensitive), 1 => Just(Case::Sensitive)]
}

pub fn pattern() -> impl Strategy<Value = Pattern> {
    let part = prop_oneof![
        3 => prop::sample::select(PIECES).prop_map(|t| Part::Lit(t.to_owned())),
        2 => Just(Part::Any),
        1 => Just(Part::One),
    ];
    (prop::collection::vec(part, 0..6), case()).prop_map(|(parts, case)| Pattern::new(parts, case))
}

/// Regular expressions as a rule writes them, in a dialect that every engine knows.
pub fn regex_text() -> impl Strategy<Value = String> {
    let atom = prop_oneof![
        4 => prop::sample::select(&["a", "b", "A", "é", " ", "\\\\", "\\.", "/", "\"", "#", "@", "<", ">", "&", "~", "\\*", "-", "\\{", "😀"][..]).prop_map(str::to_owned),
        1 => prop::sample::select(&[".", "\\w", "\\d", "\\s", "\\S", "\\W", "[ab]", "[^a]", "[a-z]", "[^\\\\/]", "[\\-\\]x]", "[é-ü]"][..]).prop_map(str::to_owned),
    ];
    let quantified = (atom, prop::sample::select(&["", "", "", "*", "+", "?", "{2}", "{1,3}", "+?"][..])).prop_map(|(a, q)| a + q);
    let tree = quantified.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|v| v.concat()),
            prop::collection::vec(inner, 1..3).prop_map(|v| format!("({})", v.join("|"))),
        ]
    });
    (prop::bool::weighted(0.2), tree, prop::bool::weighted(0.2))
        .prop_map(|(start, body, end)| format!("{}{body}{}", if start { "^" } else { "" }, if end { "$" } else { "" }))
}

pub fn regex() -> impl Strategy<Value = Re> {
    (regex_text(), any::<bool>(), any::<bool>()).prop_map(|(text, ignore_case, dot_all)| {
        sigmalert::query::regex::parse(&text, sigmalert::query::regex::Flags { ignore_case, dot_all, multi_line: false }).unwrap()
    })
}

fn comparison() -> impl Strategy<Value = Comparison> {
    prop::sample::select(&[Comparison::Eq, Comparison::Lt, Comparison::Lte, Comparison::Gt, Comparison::Gte][..])
}

fn interval() -> impl Strategy<Value = Interval> {
    (comparison(), -3i64..12).prop_map(|(c, n)| Interval::compared(c, Number::from(n)))
}

fn network() -> impl Strategy<Value = ipnet::IpNet> {
    prop::sample::select(
        &["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "172.16.0.0/12", "0.0.0.0/0", "::1/128", "fe80::/10", "2001:db8::/32"][..],
    )
    .prop_map(|n| n.parse().unwrap())
}

/// A test with a field that can carry it out.
fn leaf(with_text: bool) -> impl Strategy<Value = Expr> {
    let string_field = prop::sample::select(&["k", "k", "k", "w", "k2", "with space"][..]);
    let on = |f: &'static str| move |t: Test| Expr::test(f, t);
    let relation =
        prop::sample::select(&[FieldRelation::Equals, FieldRelation::StartsWith, FieldRelation::EndsWith, FieldRelation::Contains][..]);
    let strings = prop_oneof![
        6 => pattern().prop_map(Test::Pattern),
        3 => text().prop_map(|t| Test::Pattern(Pattern::literal(t, Case::Insensitive))),
        2 => regex().prop_map(Test::Regex),
        1 => Just(Test::Exists),
        1 => interval().prop_map(Test::Number),
        1 => any::<bool>().prop_map(Test::Bool),
        1 => network().prop_map(Test::Cidr),
    ];
    let others = prop_oneof![
        interval().prop_map(Test::Number).prop_map(on("n")),
        interval().prop_map(Test::Number).prop_map(on("f")),
        any::<bool>().prop_map(Test::Bool).prop_map(on("b")),
        network().prop_map(Test::Cidr).prop_map(on("i")),
        prop::sample::select(&["n", "f", "b", "i", "d"][..]).prop_map(Expr::exists),
        (prop::sample::select(&TimePart::ALL[..]), comparison(), 0i64..30).prop_map(|(p, c, n)| Expr::test("d", Test::Time(p, c, n))),
        (prop::sample::select(&["n", "i", "b"][..]), text())
            .prop_map(|(f, t)| Expr::test(f, Test::Pattern(Pattern::literal(t, Case::Insensitive)))),
        (1i64..30).prop_map(|n| Expr::test("n", Test::Pattern(Pattern::literal(n.to_string(), Case::Insensitive).open_end()))),
        (relation, case()).prop_map(|(relation, case)| Expr::test("k", Test::Field(FieldTest { other: "k2".into(), relation, case }))),
    ];
    let texts =
        (prop::sample::select(&["t", "p"][..]), prop_oneof![pattern(), text().prop_map(|t| Pattern::containing(t, Case::Insensitive))])
            .prop_map(|(f, p)| Expr::test(f, Test::Pattern(p)));
    prop_oneof![
        6 => (string_field, strings).prop_map(|(f, t)| Expr::test(f, t)),
        3 => others,
        (if with_text { 2 } else { 0 }) => texts,
    ]
}

/// Expressions in Sigma's meaning.
pub fn expr(with_text: bool) -> impl Strategy<Value = Expr> {
    leaf(with_text).prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Expr::And),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Expr::Or),
            inner.clone().prop_map(|e| Expr::Not(Box::new(e))),
            (1u32..3, prop::collection::vec(inner, 2..4)).prop_map(|(n, v)| Expr::AtLeast(n, v)),
        ]
    })
}

/// Documents for [`properties`].
pub fn documents(runner: &mut TestRunner, count: usize) -> Vec<Value> {
    let strings = prop_oneof![
        5 => text().prop_map(Value::from),
        1 => (0i64..12).prop_map(|n| n.to_string().into()),
        1 => prop::sample::select(&["true", "False", "10.1.2.3", "10.9.9.9", "172.17.0.1", "1", "10", "fe80::1", "2001:db8::5", "::1", "-3", "1.5"][..]).prop_map(Value::from),
        1 => (text(), text()).prop_map(|(a, b)| json!([a, b])),
        1 => Just(Value::Null),
        1 => Just(json!([])),
    ];
    let doc = (
        strings.clone(),
        strings.clone(),
        strings.clone(),
        strings,
        prop::sample::select(vec![
            json!("10.1.2.3"),
            json!("192.168.0.1"),
            json!("::1"),
            json!("fe80::abcd"),
            json!(["10.9.9.9", "172.20.1.1"]),
            Value::Null,
        ]),
        prop_oneof![(-3i64..12).prop_map(Value::from), Just(json!([1, 20])), Just(Value::Null), Just(json!(4455))],
        prop::sample::select(vec![json!(true), json!(false), Value::Null]),
        prop::sample::select(vec![
            json!("2024-01-02T03:04:05Z"),
            json!("2021-01-03T23:59:00Z"),
            json!("2020-12-31T12:30:00Z"),
            json!("2016-01-01T00:00:00Z"),
            Value::Null,
        ]),
        prop_oneof![(-3i64..12).prop_map(|n| json!(n as f64 / 2.0)), Just(Value::Null)],
    )
        .prop_map(
            |(k, k2, sp, w, i, n, b, d, f)| json!({"k": k, "k2": k2, "with space": sp, "w": w, "i": i, "n": n, "b": b, "d": d, "f": f}),
        );
    (0..count).map(|_| doc.new_tree(runner).unwrap().current()).collect()
}
