//! Any text at all, and text that is nearly right, gives a result or an error from every parser, never a panic; and
//! what was understood prints and reads back.

use proptest::prelude::*;
use sigmalert::elastalert::Audience;
use sigmalert::elastalert::lint::lint;
use sigmalert::elastalert::load::{Context, load_text};
use sigmalert::events::{EventBatch, EventSchema, EventSource};
use sigmalert::lang::{Limits, dsl, kql, lucene};
use sigmalert::matcher::{Matcher, Scratch};
use sigmalert::parse;
use sigmalert::query::{Expr, Schema, Test, simplify};
use sigmalert::sigma::{Collection, Placeholders, to_yaml};
use sigmalert::yaml;
use sigmalert::{Converter, Options};

/// Bytes as a hostile file has them, as text where they are text.
fn bytes() -> impl Strategy<Value = String> {
    prop::collection::vec(any::<u8>(), 0..200).prop_map(|b| String::from_utf8_lossy(&b).into_owned())
}

/// Pieces of a language in any order.
fn soup(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::collection::vec(prop_oneof![8 => prop::sample::select(pieces).prop_map(str::to_owned), 1 => "\\PC{0,3}"], 0..30)
        .prop_map(|v| v.concat())
}

const YAML: &[&str] = &[
    "title: t\n",
    "logsource:\n",
    "  product: windows\n",
    "detection:\n",
    "  sel:\n",
    "    a|contains: b\n",
    "  condition: sel\n",
    "---\n",
    "...\n",
    "- ",
    "  ",
    "\t",
    "&a ",
    "*a",
    "<<: *a\n",
    "{",
    "}",
    "[",
    "]",
    ",",
    ": ",
    "'",
    "\"",
    "|\n",
    ">\n",
    "!!str ",
    "!t ",
    "%YAML 1.2\n",
    "#",
    "null",
    "~",
    "\\",
    "? ",
    "action: global\n",
    "correlation:\n",
    "filter:\n",
    "  rules: any\n",
    "\u{feff}",
    "\u{85}",
    "1",
    "-",
    "\r\n",
];
const CONDITION: &[&str] = &[
    "a",
    " and ",
    " or ",
    "not ",
    "(",
    ")",
    "1 of ",
    "all of ",
    "them",
    "sel*",
    "*",
    " | ",
    "count()",
    "count(",
    " by ",
    " > ",
    "5",
    "near ",
    "_x",
    ".",
    "\n",
    "99999999999999999999 of ",
];
const LUCENE: &[&str] = &[
    "a",
    "f:",
    " AND ",
    " OR ",
    "NOT ",
    "(",
    ")",
    "\"",
    "/",
    "\\",
    "*",
    "?",
    "[",
    "]",
    "{",
    "}",
    " TO ",
    "^2",
    "~",
    "+",
    "-",
    "!",
    "&&",
    "||",
    ">",
    "<",
    "=",
    " ",
    "_exists_:",
    "1",
    "\\u0041",
];
const KQL: &[&str] =
    &["a", ": ", " and ", " or ", "not ", "(", ")", "\"", "\\", "*", "{", "}", ">=", "<", ":*", " ", "1", "true", "\\u0041"];

const EVENTS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "\"a\"",
    ":",
    ",",
    "1",
    "null",
    "\n",
    " ",
    "\\",
    "\"",
    "{\"a\": 1}",
    "\u{feff}",
    "\u{1e}",
    "x",
    "{\"Event\": {\"System\": ",
    "\"EventData\": ",
    "\"#attributes\": ",
];
const RULE_FILE: &[&str] = &[
    "name: r\n",
    "type: any\n",
    "type: frequency\n",
    "type: spike\n",
    "index: x\n",
    "num_events: 3\n",
    "timeframe: {minutes: 5}\n",
    "filter:\n",
    "- query: {query_string: {query: \"a:b\"}}\n",
    "- bool: {must: []}\n",
    "alert: debug\n",
    "alert: [email, {slack: {}}]\n",
    "realert: ",
    "{days: 99999999999999}\n",
    "-1\n",
    "alert_text: \"{0} {a[b]} {{x}} %(y)s\"\n",
    "alert_text_args: [a, null]\n",
    "alert_text_type: alert_text_jinja\n",
    "query_key: [a, b]\n",
    "aggregation: {schedule: '* * * * *'}\n",
    "$X",
    "${Y}",
    "'",
    "\n",
    "  ",
    "- ",
    "&a ",
    "*a\n",
    "sigmalert: {v: 1}\n",
    "blacklist: [a]\n",
    "compare_key: k\n",
    "<<: {a: b}\n",
    "# c\n",
];
const CORRELATION: &[&str] = &[
    "  type: temporal\n",
    "  type: event_count\n",
    "  type: value_count\n",
    "  type: value_percentile\n",
    "  rules: [c, d]\n",
    "  rules: [c, c]\n",
    "  rules: c\n",
    "  timespan: 5m\n",
    "  timespan: 99999999999999999d\n",
    "  group-by: [u]\n",
    "  condition: {gte: 5}\n",
    "  condition: {gte: 1e400, field: f}\n",
    "  condition: c and not d\n",
    "  aliases: {u: {c: x, d: y}}\n",
    "  generate: true\n",
    "  condition: {lt: 1, gt: 3, percentile: 50}\n",
];

/// What has one meaning: names that stand for one field (no wildcards, no blanks around them, which no index has), and
/// words that are words wherever they stand (a combining mark is one only behind a letter).
fn is_plain(e: &Expr) -> bool {
    let mut plain = true;
    e.for_each_test(&mut |field, test| {
        plain &= field.is_none_or(|f| !f.is_empty() && !f.contains('*') && f.trim() == &**f);
        plain &= !matches!(test, Test::Phrase(words) if !words.concat().is_ascii());
    });
    plain
}

proptest! {
    #![proptest_config(crate::support::seed::config(700))]

    #[test]
    fn sigma_documents(text in prop_oneof![bytes(), soup(YAML)]) {
        if let Ok(parsed) = parse(&text, &yaml::Limits::default()) {
            for d in parsed.documents.into_iter().flatten() {
                let printed = yaml::emit(&to_yaml(&d));
                prop_assert!(parse(&printed, &yaml::Limits::default()).unwrap().documents.remove(0).is_ok(), "{}", printed);
            }
        }
        _ = Placeholders::parse(&text);
    }

    #[test]
    fn conditions(text in prop_oneof![bytes(), soup(CONDITION)]) {
        let rule = yaml::emit(&yaml::Value::Map(vec![
            ("title".into(), "t".into()),
            ("logsource".into(), yaml::Value::Map(vec![("product".into(), "x".into())])),
            ("detection".into(), yaml::Value::Map(vec![
                ("a".into(), yaml::Value::Map(vec![("f".into(), "v".into())])),
                ("sel1".into(), yaml::Value::Map(vec![("f".into(), "w".into())])),
                ("condition".into(), text.into()),
            ])),
        ]));
        _ = parse(&rule, &yaml::Limits::default());
    }

    #[test]
    fn lucene_text(text in prop_oneof![bytes(), soup(LUCENE)]) {
        let schema = Schema::default();
        if let Ok(e) = lucene::parse(&text, &schema) {
            let e = simplify(e);
            if !is_plain(&e) {
                return Ok(());
            }
            if let Ok(printed) = lucene::print(&e, &Limits::default()) {
                prop_assert_eq!(simplify(lucene::parse(&printed, &schema).unwrap()), e, "{} became {}", text, printed);
            }
        }
    }

    #[test]
    fn kql_text(text in prop_oneof![bytes(), soup(KQL)]) {
        let schema = Schema::default();
        if let Ok(e) = kql::parse(&text, &schema) {
            let e = simplify(e);
            if !is_plain(&e) {
                return Ok(());
            }
            if let Ok(printed) = kql::print(&e, &Limits::default()) {
                prop_assert_eq!(simplify(kql::parse(&printed, &schema).unwrap()), e, "{} became {}", text, printed);
            }
        }
    }

    #[test]
    fn regular_expressions(text in prop_oneof![bytes(), soup(&["a", "(", ")", "[", "]", "{", "}", "1", ",", "*", "+", "?", "|", "^", "$", "\\", "b", "(?i)", "(?:", "[[:alpha:]]", "-", "."])]) {
        _ = sigmalert::query::regex::parse(&text, sigmalert::query::regex::Flags::default());
    }

    /// Events in pieces, plain or packed and cut anywhere: all that is whole before the cut is there.
    #[test]
    fn event_streams(
        noise in prop_oneof![prop::collection::vec(any::<u8>(), 0..200), soup(EVENTS).prop_map(String::into_bytes)],
        whole in 0..40_usize, list in any::<bool>(), pack in any::<bool>(), cut in 0..100_usize,
    ) {
        let documents: Vec<String> = (0..whole).map(|i| format!("{{\"a\": \"b{i}\"}}")).collect();
        let good = if list { format!("[{}]", documents.join(",\n")) } else { documents.join("\n") };
        for content in [[noise.clone(), good.clone().into_bytes()].concat(), good.clone().into_bytes()] {
            let mut bytes = content;
            if pack {
                let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                std::io::Write::write_all(&mut gz, &bytes).unwrap();
                bytes = gz.finish().unwrap();
            }
            bytes.truncate(bytes.len() * cut / 100);
            let Ok(mut source) = EventSource::from_stream("x", Box::new(std::io::Cursor::new(bytes))) else { continue };
            let mut batch = EventBatch::default();
            let matcher = Matcher::new([&Expr::TRUE], None);
            while source.read(&mut batch) {
                for item in &batch.events {
                    for event_schema in [EventSchema::Sigma, EventSchema::Winlogbeat, EventSchema::Wazuh] {
                        _ = matcher.matches(&batch.document(item, event_schema).to_json(), &mut Scratch::default());
                    }
                }
            }
        }
    }

    #[test]
    fn rule_files(text in prop_oneof![bytes(), soup(RULE_FILE)]) {
        let context = Context { environment: &|_| None, root: None, config: &[] };
        if let Ok(rule) = load_text(std::path::Path::new("rule.yaml"), &text, &context) {
            _ = lint(&rule, Audience::default());
            _ = sigmalert::elastalert::rule::Rule::new(&rule);
        }
        _ = sigmalert::elastalert::upgrade::upgrade(&text, "rule", Audience::default());
    }

    #[test]
    fn sigma_conversions(rules in prop::collection::vec(soup(CORRELATION), 1..4), condition in soup(CONDITION)) {
        let mut text = format!(
            "title: t\nname: c\nlogsource: {{product: windows}}\ndetection: {{a: {{f: v}}, sel1: {{f|contains: w}}, condition: {condition:?}}}\n"
        );
        for r in rules {
            text.push_str("---\ntitle: t\nname: d\ncorrelation:\n");
            text.push_str(&r);
        }
        let Ok(parsed) = parse(&text, &yaml::Limits::default()) else { return Ok(()) };
        let collection = Collection::new(parsed.documents.into_iter().flatten().collect());
        let converter = Converter::new(sigmalert::Mapping::builtin("winlogbeat").unwrap(), Options::default());
        for i in 0..collection.documents().len() {
            _ = converter.convert(&collection, i).map(|c| c.query.to_string());
        }
    }

    #[test]
    fn mappings(text in prop_oneof![bytes(), soup(&["name: x\n", "logsources:\n", "- when: {product: a}\n", "  condition: 'a:b'\n", "fields:\n", "  A: b\n", "types:\n", "  a: keyword\n", "extends: winlogbeat\n", "  sources:\n", "null", "{", "}", "[", "]", ": "])]) {
        _ = sigmalert::Mapping::from_text(&text, std::path::Path::new("m.yml"));
    }
}

#[test]
fn query_dsl() {
    let mut runner = proptest::test_runner::TestRunner::new(crate::support::seed::config(500));
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i32>().prop_map(Into::into),
        "[a-z*?/]{0,4}".prop_map(Into::into)
    ];
    let key = prop::sample::select(
        &[
            "bool",
            "must",
            "must_not",
            "should",
            "filter",
            "term",
            "terms",
            "wildcard",
            "regexp",
            "exists",
            "range",
            "query_string",
            "query",
            "field",
            "value",
            "match_phrase",
            "f",
            "minimum_should_match",
            "gte",
            "script",
        ][..],
    );
    let tree = leaf.prop_recursive(5, 40, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::Array),
            prop::collection::vec((key.clone(), inner), 0..4).prop_map(|v| v.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()),
        ]
    });
    runner
        .run(&tree, |json| {
            let schema = Schema::default();
            if let Ok(e) = dsl::parse(&json, &schema) {
                let e = simplify(e);
                if let Ok(printed) = dsl::print(&e, &Limits::default()) {
                    prop_assert_eq!(simplify(dsl::parse(&printed, &schema).unwrap()), e, "{}", json);
                }
            }
            Ok(())
        })
        .unwrap();
}
