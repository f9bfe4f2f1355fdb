//! Queries as people write them, good and broken, over an index that has a field of each type; and what a real index answered.

use proptest::prelude::*;
use serde_json::{Value, json};
use sigmalert::query::text::Analyzer;
use sigmalert::query::{FieldInfo, FieldType, Schema, StoredCase};
use std::collections::BTreeSet;

/// The fields of the index.
pub fn schema() -> Schema {
    let mut schema = Schema::default()
        .with("k", FieldType::Keyword)
        .with("t", FieldType::Text(Analyzer::Standard))
        .with("p", FieldType::Text(Analyzer::Characters("_-".into())))
        .with("n", FieldType::Long)
        .with("f", FieldType::Double)
        .with("b", FieldType::Boolean)
        .with("i", FieldType::Ip)
        .with("d", FieldType::Date)
        .with("o.k", FieldType::Keyword)
        .with("o.t", FieldType::Text(Analyzer::Standard))
        .with("m", FieldType::Text(Analyzer::Standard))
        .with("m.keyword", FieldType::Keyword);
    schema.set("l", FieldInfo { kind: FieldType::Keyword, case: StoredCase::Lower });
    schema
}

/// The same as an index mapping.
pub fn properties() -> Value {
    json!({
        "k": {"type": "keyword"}, "l": {"type": "keyword", "normalizer": "low"},
        "t": {"type": "text"}, "p": {"type": "text", "analyzer": "ps"},
        "n": {"type": "long"}, "f": {"type": "double"}, "b": {"type": "boolean"}, "i": {"type": "ip"}, "d": {"type": "date"},
        "o": {"properties": {"k": {"type": "keyword"}, "t": {"type": "text"}}},
        "m": {"type": "text", "fields": {"keyword": {"type": "keyword"}}},
    })
}

const TEXTS: &[&str] = &[
    "foo",
    "Foo",
    "FOO",
    "bar",
    "foo bar",
    "Foo Bar",
    "bar foo",
    "foo bar baz",
    "cmd.exe",
    "C:\\Windows\\cmd.exe",
    "it's",
    "a_b",
    "a-b",
    "-a",
    "+",
    "-",
    "5",
    "-5",
    "1.5",
    "x",
    "",
    "é",
    "É",
    "true",
    "AND",
    "or",
    "a&&b",
    "a*b",
    "a?b",
    "what?",
    "10.0.0.1",
    "2024-01-02",
    "!!",
    "foo/bar",
    "\"q\"",
    "[x]",
    "(y)",
    "日本",
    "TO",
    "a\nb",
    "foo:bar",
    "ab",
    "aab",
    "abc1",
    "n",
    "\\",
    "a b",
    "now",
];

/// Documents: values that queries meet, missing ones, empty ones, lists.
pub fn documents() -> Vec<Value> {
    let mut docs = Vec::new();
    for (at, text) in TEXTS.iter().enumerate() {
        let other = TEXTS[(at * 7 + 3) % TEXTS.len()];
        docs.push(json!({"k": text, "l": other, "t": other, "p": text, "o": {"k": other, "t": text}}));
        docs.push(json!({"k": [text, other], "t": [text, other], "m": text, "l": text}));
        docs.push(json!({"t": text, "m": other, "k": other, "p": other}));
    }
    let numbers = [json!(5), json!(-5), json!(1), json!([1, 20]), json!(10), json!("7"), json!(0)];
    let fractions = [json!(1.5), json!(-2.0), json!(5.0), json!([0.5, 1.5]), json!(100.25)];
    let dates = [
        json!("2024-01-02T03:04:05Z"),
        json!("2024-01-02"),
        json!("2024-01-03T00:00:00.500Z"),
        json!("2023-12-31T23:59:59Z"),
        json!(1_704_164_645_000_i64),
        json!("2024-02-29T12:00:00+02:00"),
    ];
    let addresses = [json!("10.0.0.1"), json!("10.0.0.2"), json!("192.168.1.1"), json!("::1"), json!(["10.1.2.3", "fe80::1"])];
    for at in 0..30 {
        docs.push(json!({
            "n": numbers[at % numbers.len()], "f": fractions[at % fractions.len()], "b": at % 3 == 0, "i": addresses[at % addresses.len()],
            "d": dates[at % dates.len()], "k": TEXTS[at],
        }));
    }
    docs.extend([
        json!({"k": null, "n": null, "t": []}),
        json!({"k": []}),
        json!({"other": "foo bar"}),
        json!({"other": "Foo", "o": {"k": "other"}}),
        json!({"k": [null, "foo"]}),
        json!({"b": true, "t": ""}),
    ]);
    docs
}

fn pick(from: &'static [&'static str]) -> impl Strategy<Value = String> + Clone {
    prop::sample::select(from).prop_map(str::to_owned)
}

const WORDS: &[&str] = &[
    "foo",
    "bar",
    "Foo",
    "FOO",
    "baz",
    "cmd.exe",
    "a_b",
    "a-b",
    "x",
    "5",
    "1.5",
    "true",
    "abc1",
    "it's",
    "é",
    "É",
    "ab",
    "TO",
    "or",
    "a&&b",
    "a|b",
    "日本",
    "known",
    "n",
    "2024-01-02",
    "10.0.0.1",
];

/// One value as it may stand behind a colon.
fn value(broken: bool) -> impl Strategy<Value = String> {
    let good = prop_oneof![
        8 => pick(WORDS),
        3 => pick(&["foo bar", "Foo Bar", "foo", "bar foo", "C:\\\\Windows", "a*b", "", "5", "!!", "é", "AND", "foo\\\"bar", "a  b", "cmd.exe", "\\u0066oo", "日本", "!! ??"]).prop_map(|t| format!("\"{t}\"")),
        3 => pick(&["foo*", "*foo", "*oo*", "f?o", "?oo", "FOO*", "*", "**", "?", "?*", "a\\*b", "*\\:*", "c*exe", "*Bar", "Foo*", "fo\\o*", "*\\u0066oo", "\\u0066*", "5*", "*\\ *", "é*", "10.*", "f*r", "foo\\ b*", "C\\:\\\\Win*"]),
        2 => pick(&[
            "/foo/", "/fo+/", "/[ab]+/", "/f.*/", "/foo|bar/", "/FOO/", "/[^a]*/", "/a{2}b/", "/x|/", "/[+-]/", "/[]x]/", "/\\d/", "/\\w+/", "/\"foo\"/",
            "/foo bar/", "/.*\\.exe/", "/@/", "/#/", "/()/", "//", "/[a-c]{2,3}1?/", "/a\\/b/", "/(/", "/\\*/", "/f(o|x){2}/", "/.{3}/", "/[Ff]oo/", "/a\\-b/",
            "/[\\\\]/", "/[^\\\\]/", "/|a/", "/~a/", "/a&b/", "/<1-9>/", "/[a-]/", "/foo\\\\/", "/*/", "/{/", "/a{1/", "/\\n/", "/[^\\n]/",
        ]),
        1 => pick(&[">=5", ">5", "<5", "<=5", "<0", ">1.5", ">foo", ">=2024-01-02", "<2024-01-03", ">", "<=", ">=abc", ">10.0.0.1", ">=-5"]),
        1 => pick(&[
            "[1 TO 5]", "{1 TO 5}", "[1 TO 5}", "[* TO 5]", "[5 TO *]", "[* TO *]", "[-5 TO 1.5]", "[2024-01-02 TO 2024-01-03]", "{2024-01-01 TO *}",
            "[a TO b]", "[\"1\" TO \"5\"]", "[ 1 TO 5 ]", "[now-1d TO now]", "[2024 TO 2025-06]",
        ]),
        2 => pick(&["\\-5", "\\+", "a\\:b", "foo\\ bar", "C\\:\\\\Windows\\\\cmd.exe", "\\!\\!", "\\(y\\)", "\\u0066oo", "\\AND", "\\\\", "foo\\/bar", "\\[x\\]", "what\\?", "\\\"q\\\"", "\\>5"]),
        1 => pick(&["foo^2", "\"foo\"^2", "foo~", "foo~1", "\"foo bar\"~1", "\"foo\"~0", "\"foo bar\"~0", "foo*^2", "foo*~", "\"foo\"~2"]),
        1 => pick(&["10.0.0.1", "\"10.0.0.0/8\"", "10.0.0.0\\/8", "\"::1\"", "\"fe80::/10\"", "2024-01-02", "\"2024-01-02T03:04:05Z\"", "\"2024-01-02T03\"", "2024", "\"2024-01\"", "1704164645000", "\"2024-01-02||+1d\"", "TRUE", "false", "0", "5.0", "5.5", "1e1", "05", "\" 5\"", "\"\"", "20", "5f", "\"1.5f\""]),
    ];
    let bad = pick(&[
        "-5",
        "+5",
        "!x",
        "AND",
        "OR",
        "NOT",
        "foo^",
        "foo^x",
        "foo~x",
        "\\uzzzz",
        "\\u12",
        "a:b",
        "foo\\",
        "\"foo",
        "/foo",
        "(foo",
        "foo)",
        "]",
        "10.0.0.0/8",
        "x}",
        "[1 to 5]",
        "[1 5]",
        "[1 TO]",
        "/\\uzz/",
    ]);
    prop_oneof![20 => good, if broken { 3 } else { 0 } => bad]
}

fn field(broken: bool) -> impl Strategy<Value = String> {
    prop_oneof![
        30 => pick(&["k", "k", "l", "t", "t", "p", "n", "f", "b", "i", "d", "o.k", "o.t", "m", "m.keyword"]),
        2 => pick(&["zzz", "\\k", "o.\\*", "\\*", "*", "_exists_", "o"]),
        if broken { 2 } else { 0 } => pick(&["\"k\"", "k*", "k:k"]),
    ]
}

fn clause(broken: bool) -> impl Strategy<Value = String> {
    let base = prop_oneof![
        6 => (field(broken), pick(&[":", ":", ":", ": ", " : "]), value(broken)).prop_map(|(f, c, v)| f + &c + &v),
        3 => value(broken),
        1 => pick(&["_exists_:k", "_exists_:o", "_exists_:n", "_exists_:zzz", "*:*", "*", "_exists_:o.\\*", "_exists_:k*", "_exists_:(k t)", "_exists_:\"k\"", "_exists_:m.keyword"]),
    ];
    base.prop_recursive(2, 8, 3, move |inner| {
        prop_oneof![
            3 => (field(broken), joined(inner.clone(), broken)).prop_map(|(f, q)| format!("{f}:({q})")),
            2 => (joined(inner, broken), pick(if broken { &["", "^2", "~"] } else { &["", "", "^2"] })).prop_map(|(q, after)| format!("({q}){after}")),
        ]
    })
}

fn joined(inner: impl Strategy<Value = String>, broken: bool) -> impl Strategy<Value = String> {
    let sign = pick(if broken {
        &["", "", "", "", "", "", "NOT ", "-", "NOT NOT ", "NOT -"]
    } else {
        &["", "", "", "", "NOT ", "-", "+", "!", "- "]
    });
    let between = pick(if broken {
        &[" ", " AND ", " OR ", "AND", "&&", " AND OR ", ""]
    } else {
        &[" ", " ", " AND ", " AND ", " OR ", " && ", " || ", "  ", "\t", " and "]
    });
    let end = pick(if broken { &["", "", "", " ", " AND", " OR", " NOT", ")", " -"] } else { &["", "", " "] });
    (prop::collection::vec((sign, inner, between), 1..5), end).prop_map(|(parts, end)| {
        let last = parts.len() - 1;
        parts
            .into_iter()
            .enumerate()
            .map(|(i, (sign, c, between))| format!("{sign}{c}{}", if i == last { String::new() } else { between }))
            .collect::<String>()
            + &end
    })
}

/// A `query_string` with its options.
pub fn query_string() -> impl Strategy<Value = Value> {
    let option = prop::sample::select(vec![
        ("default_operator", json!("AND")),
        ("default_operator", json!("AND")),
        ("default_operator", json!("or")),
        ("default_field", json!("t")),
        ("default_field", json!("k")),
        ("default_field", json!("*")),
        ("default_field", json!("n")),
        ("default_field", json!("o.*")),
        ("fields", json!(["k", "t^2"])),
        ("fields", json!(["t"])),
        ("fields", json!(["o.*"])),
        ("fields", json!(["n", "t"])),
        ("fields", json!([])),
        ("lenient", json!(true)),
        ("lenient", json!(false)),
        ("minimum_should_match", json!(2)),
        ("minimum_should_match", json!("50%")),
        ("minimum_should_match", json!("-1")),
        ("minimum_should_match", json!("1<-1 3<50%")),
        ("analyze_wildcard", json!(true)),
        ("allow_leading_wildcard", json!(false)),
        ("phrase_slop", json!(1)),
        ("quote_field_suffix", json!(".keyword")),
        ("escape", json!(true)),
        ("type", json!("best_fields")),
        ("type", json!("phrase")),
        ("boost", json!(2.0)),
        ("time_zone", json!("+02:00")),
        ("fuzziness", json!("AUTO")),
        ("rewrite", json!("constant_score")),
        ("auto_generate_synonyms_phrase_query", json!(false)),
        ("enable_position_increments", json!(true)),
        ("tie_breaker", json!(0.3)),
        ("analyzer", json!("standard")),
        ("max_determinized_states", json!(5000)),
        ("fuzzy_prefix_length", json!(1)),
    ]);
    let wrong = prop::sample::select(vec![
        ("default_operator", json!("xor")),
        ("zzz", json!(1)),
        ("lenient", json!("maybe")),
        ("fields", json!("k")),
        ("minimum_should_match", json!("x")),
        ("defaultoperator", json!("and")),
        ("boost", json!("x")),
        ("type", json!("best")),
    ]);
    let option = prop_oneof![30 => option, 1 => wrong];
    (
        prop_oneof![8 => joined(clause(false), false), 1 => joined(clause(true), true)],
        prop_oneof![5 => Just(vec![]), 3 => prop::collection::vec(option, 1..3)],
    )
        .prop_map(|(text, options)| {
            let mut body = serde_json::Map::from_iter([("query".to_owned(), text.into())]);
            body.extend(options.into_iter().map(|(k, v)| (k.to_owned(), v)));
            json!({"query_string": body})
        })
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => pick(WORDS).prop_map(Value::from),
        2 => prop::sample::select(TEXTS).prop_map(Value::from),
        1 => prop::sample::select(vec![json!(5), json!(-5), json!(1.5), json!(true), json!(false), json!(0), json!(20), json!(2024), json!(5), json!(1), json!(null)]),
        1 => pick(&["*foo*", "f?o", "FOO*", "*", "", "10.0.0.0/8", "2024-01-02T03:04:05Z", "2024-01", "fo.*", "[Ff]oo", "f[A-Z]*", "[^a]*", "x|", "É*", "a\\*b", "\\", "**", "[+-]", "\\d+", "F?O", "[F]OO"]).prop_map(Value::from),
    ]
}

fn bound() -> impl Strategy<Value = Value> {
    prop_oneof![
        9 => prop::sample::select(vec![json!(5), json!(-5), json!(1.5), json!(0), json!("5"), json!("2024-01-02"), json!("2024-01-03T00:00:00Z"), json!("2024-01"), json!(1_704_164_645_000_i64), json!(null), json!("10.0.0.1"), json!(2024)]),
        1 => scalar(),
    ]
}

fn leaf() -> impl Strategy<Value = Value> {
    let kind = pick(&[
        "term",
        "term",
        "wildcard",
        "wildcard",
        "prefix",
        "regexp",
        "match",
        "match",
        "match_phrase",
        "match",
        "terms",
        "range",
        "match_phrase",
    ]);
    let kind = prop_oneof![40 => kind, 1 => pick(&["fuzzy", "match_phrase_prefix", "trem", "wildcards"])];
    let option = prop::sample::select(vec![
        ("case_insensitive", json!(true)),
        ("case_insensitive", json!(true)),
        ("boost", json!(1.5)),
        ("operator", json!("and")),
        ("minimum_should_match", json!(2)),
        ("zero_terms_query", json!("all")),
        ("lenient", json!(true)),
        ("flags", json!("NONE")),
        ("flags", json!("COMPLEMENT|INTERVAL")),
        ("slop", json!(1)),
        ("slop", json!(0)),
        ("rewrite", json!("constant_score")),
        ("_name", json!("x")),
        ("zzz", json!(1)),
        ("fuzziness", json!("AUTO")),
        ("analyzer", json!("standard")),
        ("max_expansions", json!(5)),
    ]);
    let takes = |kind: &str, option: &str| match option {
        "case_insensitive" | "rewrite" => !kind.starts_with("match") && (option != "rewrite" || kind != "term"),
        "operator" | "minimum_should_match" | "lenient" | "max_expansions" | "fuzziness" => kind == "match",
        "zero_terms_query" | "analyzer" => kind.starts_with("match"),
        "flags" => kind == "regexp",
        "slop" => kind == "match_phrase",
        "zzz" => kind == "prefix",
        _ => true,
    };
    let bounds = prop::collection::vec((pick(&["gt", "gte", "lt", "lte", "from", "to"]), bound()), 0..3);
    let name = pick(&["k", "k", "l", "t", "t", "p", "n", "f", "b", "i", "d", "o.k", "o.t", "m", "m.keyword", "zzz"]);
    prop_oneof![
        10 => (kind, name.clone(), scalar(), prop::collection::vec(option, 0..2), any::<bool>()).prop_map(move |(kind, field, value, mut options, short)| {
            options.retain(|(o, _)| takes(&kind, o));
            if kind == "terms" {
                return json!({"terms": {field: [value, "foo"]}});
            }
            if kind == "range" {
                return json!({"range": {field: {"gte": value}}});
            }
            if short && options.is_empty() {
                return json!({kind: {field: value}});
            }
            let key = if kind.starts_with("match") { "query" } else { "value" };
            let mut body = serde_json::Map::from_iter([(key.to_owned(), value)]);
            body.extend(options.into_iter().map(|(k, v)| (k.to_owned(), v)));
            json!({kind: {field: body}})
        }),
        3 => (name.clone(), bounds).prop_map(|(f, b)| json!({"range": {f: b.into_iter().collect::<serde_json::Map<String, Value>>()}})),
        4 => prop::sample::select(vec![
            json!({"match_all": {}}), json!({"match_none": {}}), json!({"exists": {"field": "k"}}), json!({"exists": {"field": "o"}}), json!({"exists": {"field": "o.*"}}),
            json!({"exists": {"field": "m.keyword"}}), json!({"terms": {"n": [1, 5, "20"]}}), json!({"terms": {"k": ["foo", "bar"], "boost": 2}}), json!({"ids": {"values": ["1"]}}),
            json!({"constant_score": {"filter": {"term": {"k": "foo"}}}}), json!({"dis_max": {"queries": [{"term": {"k": "foo"}}, {"term": {"t": "bar"}}]}}),
            json!({"boosting": {"positive": {"term": {"k": "foo"}}, "negative": {"term": {"k": "bar"}}, "negative_boost": 0.5}}), json!({"multi_match": {"query": "foo", "fields": ["k"]}}),
            json!({"range": {"n": {"from": 1, "to": 5, "include_lower": false}}}), json!({"range": {"d": {"gte": "02/01/2024", "format": "dd/MM/yyyy"}}}), json!({"range": {"d": {"gte": "2024-01-02", "time_zone": "+02:00"}}}),
            json!({"range": {"n": {"gte": 1, "relation": "within"}}}), json!({"range": {"n": {"gt": 1, "gte": 5}}}),
        ]),
        1 => prop::sample::select(vec![
            json!({"exists": {"fields": "k"}}), json!({}), json!({"match_all": []}), json!({"match_all": {"x": 1}}), json!({"term": {"k": "foo", "t": "bar"}}), json!({"terms": {"k": "foo"}}),
            json!({"missing": {"field": "k"}}), json!({"term": "foo"}), json!({"term": {"k": ["foo"]}}), json!({"term": {}}), json!({"term": {"k": {}}}), json!({"range": {"n": 5}}), json!({"exists": {"field": ["k"]}}),
            json!({"exists": {"field": ""}}), json!({"range": {"n": {"gte": 5, "zz": 1}}}), json!({"range": {"n": {"gte": [5]}}}), json!({"prefix": {"k": {"prefix": "f"}}}), json!({"bool": [{"term": {"k": "foo"}}]}),
            json!({"bool": {"must": "x"}}), json!({"bool": {"must": [{}]}}), json!({"bool": {"must": [null]}}), json!({"constant_score": {"query": {"term": {"k": "foo"}}}}), json!({"term": {"k": "foo"}, "match_all": {}}),
            json!({"regexp": {"k": {"value": "foo", "flags": "ZZ"}}}), json!({"query_string": "foo"}), json!({"query_string": {}}), json!({"query_string": {"query": "k:foo", "fields": ["k"], "default_field": "t"}}),
            json!({"terms": {"k": ["foo", null]}}), json!({"terms": {"k": ["foo"], "t": ["x"]}}), json!({"terms": {"k": [["foo"]]}}), json!({"match": {"k": {"query": "foo", "operator": "xor"}}}), json!({"term": {"k": {"value": "foo", "case_insensitive": "maybe"}}}),
            json!({"range": {"n": {"gte": 5}, "f": {"gte": 1}}}), json!({"range": {"n": {"gte": 1, "boost": "x"}}}), json!({"match": {"t": {"query": "a", "zero_terms_query": "some"}}}), json!({"dis_max": {}}), json!({"boosting": {"positive": {"match_all": {}}}}),
        ]),
        2 => query_string(),
    ]
}

/// Query DSL.
pub fn dsl() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(2, 8, 3, |inner| {
        let list = prop_oneof![4 => prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from), 1 => inner.clone()];
        let clause =
            prop_oneof![40 => pick(&["must", "filter", "should", "should", "must_not"]), 1 => pick(&["shoud", "mustNot", "must_nots"])];
        let count = prop::sample::select(vec![
            None,
            None,
            Some(json!(1)),
            Some(json!(2)),
            Some(json!("50%")),
            Some(json!(-1)),
            Some(json!(0)),
            None,
            None,
            None,
        ]);
        let count = prop_oneof![40 => count, 1 => Just(Some(json!("x")))];
        (prop::collection::vec((clause, list), 1..4), count, prop::bool::weighted(0.05)).prop_map(|(clauses, count, pure)| {
            let mut body: serde_json::Map<String, Value> = clauses.into_iter().collect();
            if let Some(n) = count {
                body.insert("minimum_should_match".into(), n);
            }
            if pure {
                body.insert("adjust_pure_negative".into(), false.into());
            }
            json!({"bool": body})
        })
    })
}

/// What our reading finds; an error where it is refused.
pub fn read(query: &Value, docs: &[Value]) -> Result<BTreeSet<usize>, String> {
    let schema = schema();
    let expr = sigmalert::lang::dsl::parse(query, &schema).map_err(|e| e.to_string())?;
    let matcher = sigmalert::matcher::Matcher::new([&sigmalert::query::simplify(expr)], Some(&schema));
    let mut scratch = sigmalert::matcher::Scratch::default();
    let holds = |d: &Value, scratch: &mut _| !matcher.matches(d.to_string().as_bytes(), scratch).unwrap().is_empty();
    Ok((0..docs.len()).filter(|i| holds(&docs[*i], &mut scratch)).collect())
}
