//! What the YAML writer writes, every reader of our files reads as it was meant: our own by both dialects, PyYAML
//! (ElastAlert), js-yaml (Praeco) and the `yaml` package.

use crate::support::cli::Workspace;
use crate::support::skip::{Need, skip};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value as Json;
use sigmalert::yaml::{Dialect, Limits, Value, emit, parse_as};
use std::path::PathBuf;
use std::process::Command;

/// Texts that some reader might take for something else.
const ODD: &[&str] = &[
    "",
    " ",
    "a ",
    " a",
    "a: b",
    "a:",
    ":",
    "a #b",
    "# a",
    "- a",
    "-",
    "?",
    "? a",
    "<<",
    "=",
    "~",
    "null",
    "Null",
    "yes",
    "No",
    "off",
    "y",
    "true",
    "0x1f",
    "010",
    "1_000",
    "1:30",
    "1e3",
    ".5",
    ".nan",
    "-.inf",
    "2024-01-02",
    "!t",
    "&a",
    "*a",
    "%x",
    "@x",
    "`x",
    "'",
    "\"",
    "\\",
    "a\nb",
    "a\n",
    "a\n\n",
    "\na",
    "a\n  b",
    "a\n\tb",
    "\ta",
    "a\r\nb",
    "---",
    "a\n---\nb",
    "...",
    "a\n...",
    "{",
    "[",
    "a,b",
    "|",
    ">",
    "$HOME",
    "${HOME}",
    "$",
    "\u{feff}a",
    "a\u{85}b",
    "a\u{2028}b",
    "\u{0}",
    "\u{1b}[1m",
    "\u{7f}",
    "\u{fffe}",
    "é",
    "𝒳",
    "#",
    "a\n# b",
    "a\n\n\nb",
    "a \nb",
    "a\n b\n",
    "key: |",
    "\u{a0}",
    "a\u{a0}",
    "\u{3000}",
    "a\u{301}",
];

fn text() -> impl Strategy<Value = String> {
    let long = prop_oneof![Just("x"), Just("é"), Just("\u{1}"), Just("a "), Just("\\")];
    prop_oneof![
        4 => prop::sample::select(ODD).prop_map(str::to_owned),
        3 => "\\PC{0,12}",
        2 => "[a-z \n\t:#'\"-]{0,12}",
        1 => prop::collection::vec(any::<char>(), 0..6).prop_map(|c| c.into_iter().collect()),
        1 => (long, 900..1100_usize).prop_map(|(c, n)| c.repeat(n)),
    ]
}

/// Numbers that JavaScript holds too.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => (-(1_i128 << 53)..(1 << 53)).prop_map(Value::Int),
        1 => any::<f64>().prop_filter("one that is a number", |f| f.is_finite() && f.fract() != 0.0).prop_map(Value::Float),
        6 => text().prop_map(Value::Str),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::vec((text(), inner), 0..4).prop_map(|mut m| {
                let mut seen = std::collections::HashSet::new();
                m.retain(|(k, _)| seen.insert(k.clone()));
                Value::Map(m)
            }),
        ]
    })
}

fn read(text: &str, dialect: Dialect) -> Value {
    let documents = parse_as(text, &Limits::default(), dialect).unwrap_or_else(|e| panic!("{}: {e}\n{text}", e.pos));
    assert_eq!(documents.len(), 1, "{text}");
    documents[0].to_value()
}

fn reads_back(value: &Value) {
    let text = emit(value);
    for dialect in [Dialect::Yaml12, Dialect::Yaml11] {
        assert_eq!(&read(&text, dialect), value, "{dialect:?}\n{text}");
    }
}

proptest! {
    #![proptest_config(crate::support::seed::config(3000))]

    #[test]
    fn our_own_reader_reads_what_is_written(value in values()) {
        reads_back(&value);
    }
}

#[test]
fn long_keys_are_read_back() {
    for (key, n) in [("k", 990), ("k", 1000), ("k", 1001), ("k", 1022), ("k", 1024), ("k", 5000), ("\u{1}", 300), ("é ", 600), ("'", 1023)]
    {
        let key = key.repeat(n);
        let entry = |v: Value| Value::Map(vec![(key.clone(), v), ("z".into(), true.into())]);
        let inner = vec![
            "v".into(),
            "two\nlines\n".into(),
            Value::List(vec!["a".into(), entry("x".into())]),
            entry(entry("deep".into())),
            Value::List(vec![]),
        ];
        for v in inner {
            reads_back(&entry(v.clone()));
            reads_back(&Value::List(vec![entry(v)]));
        }
    }
}

/// What is read by `<<` is written out when it is only a name.
#[test]
fn a_key_that_looks_like_a_merge_is_a_key() {
    reads_back(&Value::Map(vec![("<<".into(), "text".into()), ("a".into(), Value::Map(vec![("<<".into(), Value::Map(vec![]))]))]));
    let merged = read("a: &a {x: 1}\nb: {<<: *a, y: 2}\n", Dialect::Yaml12);
    assert_eq!(merged.get("b").and_then(|b| b.get("x")), Some(&Value::Int(1)));
}

/// A text at the top of a document may hold what ends one.
#[test]
fn marks_of_documents_are_text() {
    for text in ["a\n---\nb", "a\n...\nb\n", "a\n---", "---\na"] {
        reads_back(&text.into());
    }
}

/// Many values as they are written, and what they hold as JSON.
fn written(w: &Workspace) -> Vec<Json> {
    let mut runner = TestRunner::new(crate::support::seed::config(256));
    let mut texts = Vec::new();
    let mut meant = Vec::new();
    for _ in 0..2000 {
        let value = values().new_tree(&mut runner).unwrap().current();
        texts.push(Json::from(emit(&value)));
        meant.push(Json::from(value));
    }
    w.write("written.json", Json::Array(texts).to_string());
    meant
}

fn compare(w: &Workspace, mut command: Command, meant: &[Json]) {
    let out = command.current_dir(w.path("")).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let read: Vec<Json> = serde_json::from_slice(&out.stdout).unwrap();
    let texts: Vec<String> = serde_json::from_str(&w.read("written.json")).unwrap();
    assert_eq!(read.len(), meant.len());
    for ((read, meant), text) in read.iter().zip(meant).zip(&texts) {
        assert_eq!(plain(read), plain(meant), "{text}");
    }
}

/// Whole floats are whole numbers to JavaScript, and the sign of zero is none to JSON.
fn plain(v: &Json) -> Json {
    match v {
        Json::Array(a) => a.iter().map(plain).collect(),
        Json::Object(o) => o.iter().map(|(k, v)| (k.clone(), plain(v))).collect(),
        Json::Number(n) => n.as_f64().map_or(Json::Null, |f| format!("{:e}", f + 0.0).into()),
        other => other.clone(),
    }
}

#[test]
fn pyyaml_reads_what_is_written() {
    let venv = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/elastalert/venv/bin/python"));
    let python = std::env::var_os("ELASTALERT_PYTHON").map_or(venv, PathBuf::from);
    if !python.exists() {
        skip("pyyaml_reads_what_is_written", Need::ElastAlert);
        return;
    }
    let w = Workspace::new();
    let meant = written(&w);
    let mut command = Command::new(python);
    command.args([
        "-c",
        "import json, sys, yaml\nsys.stdout.write(json.dumps([yaml.safe_load(t) for t in json.load(open('written.json', encoding='utf-8'))]))",
    ]);
    compare(&w, command, &meant);
}

#[test]
fn the_readers_of_javascript_read_what_is_written() {
    let Some(modules) = std::env::var_os("YAML_MODULES") else {
        skip("the_readers_of_javascript_read_what_is_written", Need::JavaScript);
        return;
    };
    let w = Workspace::new();
    let meant = written(&w);
    // `__proto__` is no key like others to JavaScript, and none of those that are written.
    for (module, load) in [("js-yaml", "load"), ("yaml", "parse")] {
        let mut command = Command::new("node");
        command.arg("-e").arg(format!(
            "const y = require({:?} + '/{module}'); const all = JSON.parse(require('fs').readFileSync('written.json', 'utf8'));\
             process.stdout.write(JSON.stringify(all.map(t => y.{load}(t))))",
            modules.to_string_lossy()
        ));
        compare(&w, command, &meant);
    }
}
